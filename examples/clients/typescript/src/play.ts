// Plays a match of tic-tac-toe as X, and tells on stdout what it hears: node dist/play.js URL FILE [1.1]
// FILE keeps what the client knows. The same command goes on after the program was killed.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Yourmove } from "./client.js";
import { type Match, MatchState, Standing } from "./gen/yourmove/v1/match_pb.js";
import { type Kept } from "./kept.js";

const [url = "", file = "", version = "2"] = process.argv.slice(2);
const wanted = ["a1", "a2", "a3"];

// Its match is made with one request_id, so it is made once.
const kept: Kept & { create: string } = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : {
      secret: randomBytes(32).toString("base64"), refreshToken: "", cursor: "", heardAt: 0, listedAt: 0, matches: {},
      outbox: [], create: randomUUID(),
    };

function save(): void {
  writeFileSync(file + ".new", JSON.stringify(kept), { mode: 0o600 });
  renameSync(file + ".new", file);
}

/** Makes the next move, unless it waits in the outbox already. */
function act(m: Match): void {
  const { matchId, standing, version, turn } = m.summary!;
  const move = wanted[(Number(turn) - 1) / 2];
  if (standing !== Standing.MY_TURN || !move || kept.outbox.some((t) => t.move === move)) return;
  client.play(matchId, version, move);
}

const client: Yourmove = new Yourmove(
  (interceptors) => createConnectTransport({ baseUrl: url, httpVersion: version === "1.1" ? "1.1" : "2", interceptors }),
  kept,
  save,
  {
    match: (id, m) => {
      if (!m) return;
      act(m);
      const { state, version, seats, mySeat } = m.summary!;
      // The answer to the last turn says so too, before its event was heard or after.
      const heard = kept.matches[id]?.heard === String(version);
      if (state === MatchState.FINISHED && heard && !stop.signal.aborted) {
        const mine = seats.find((s) => s.seat === mySeat);
        console.log(`over, place ${mine?.outcome?.place}`);
        stop.abort();
      }
    },
    event: (e) => console.log(`version ${e.event!.version} ${e.event!.kind.case}`),
    refused: (turns, reason) => console.log(`refused ${turns.map((t) => t.move)} ${reason}`),
  },
);

const stop = new AbortController();
let [matchId = ""] = Object.keys(kept.matches);
if (!matchId) {
  // The place in the inbox is kept before the match is made, so its first event is heard.
  if (!kept.cursor) await client.refresh();
  const made = await client.call(() => client.matches.createMatch({ requestId: kept.create, game: "tictactoe", seat: 1 }));
  matchId = made.match!.summary!.matchId;
  console.log(`match ${matchId}`);
}
client.start();
const away = client.look(matchId);
await client.follow(stop.signal);
await client.send();
away();
