// Plays a match of tic-tac-toe as X, and tells on stdout what it hears: node dist/play.js URL FILE [1.1]
// FILE keeps what the client knows. The same command goes on after the program was killed.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createConnectTransport } from "@connectrpc/connect-node";
import { type Kept, Yourmove } from "./client.js";
import { type Match, Standing } from "./gen/yourmove/v1/match_pb.js";

const [url = "", file = "", version = "2"] = process.argv.slice(2);
const wanted = ["a1", "a2", "a3"];

const kept: Kept = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { secret: randomBytes(32).toString("base64"), refreshToken: "", cursor: "", heard: {}, outbox: [] };

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
    matches: (list) => list.forEach(act),
    event: (e) => {
      console.log(`version ${e.event!.version} ${e.event!.kind.case}`);
      if (e.match) act(e.match);
      if (e.event!.kind.case === "matchFinished") {
        const mine = e.event!.kind.value.outcomes.find((o) => o.seat === e.mySeat);
        console.log(`over, place ${mine?.place}`);
        stop.abort();
      }
    },
    refused: (turn, reason) => console.log(`refused ${turn.move} ${reason}`),
  },
);

const stop = new AbortController();
let [matchId = ""] = Object.keys(kept.heard);
if (!kept.cursor) {
  // The place in the inbox is kept before the match is made, so its first event is heard.
  await client.refresh();
  const made = await client.call(() => client.matches.createMatch({ requestId: randomUUID(), game: "tictactoe", seat: 1 }));
  matchId = made.match!.summary!.matchId;
  console.log(`match ${matchId}`);
}
const away = client.look(matchId);
void client.send();
await client.follow(stop.signal);
await client.send();
away();
