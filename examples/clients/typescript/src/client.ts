// A small whole client: it signs in, keeps its place in the player's inbox, hears what happens, and sends turns.
import { randomUUID } from "node:crypto"; // in a browser: crypto.randomUUID
import { type Client, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { EndReason, EventService, type InboxEvent, type StreamEnd } from "./gen/yourmove/v1/event_service_pb.js";
import { type Match } from "./gen/yourmove/v1/match_pb.js";
import { ListView, MatchService } from "./gen/yourmove/v1/match_service_pb.js";
import { PlayerService } from "./gen/yourmove/v1/player_service_pb.js";

/** What outlives the app. It is saved whole or not at all: in a transaction of a database, or as a file that is replaced. */
export interface Kept {
  secret: string; // 32 random bytes in base64: the player
  refreshToken: string;
  cursor: string; // whatever happened before it has been taken in
  heard: Record<string, string>; // for each match the number of the last event that was taken in
  outbox: Turn[]; // in the order in which they were made
}

export interface Turn {
  requestId: string;
  matchId: string;
  expectedVersion: string;
  move: string;
}

/** What the game's screens are told, after it was kept. */
export interface Screens {
  matches(list: Match[], gone: string[]): void;
  event(e: InboxEvent): void; // e.match, where it is set, is the match as it is now
  refused(turn: Turn, reason: string): void;
}

const heartbeat = 25; // seconds
const readyWithin = 5;

export class Yourmove {
  readonly players: Client<typeof PlayerService>;
  readonly matches: Client<typeof MatchService>;
  readonly events: Client<typeof EventService>;
  private token = "";
  private renewing?: Promise<void>;
  private sending?: Promise<void>;
  private streaming = true;
  private failures = 0;

  constructor(
    transport: (interceptors: Interceptor[]) => Transport,
    private readonly kept: Kept,
    private readonly save: () => void,
    private readonly screens: Screens,
  ) {
    const bearer: Interceptor = (next) => (req) => {
      if (this.token) req.header.set("Authorization", `Bearer ${this.token}`);
      return next(req);
    };
    const t = transport([bearer]);
    this.players = createClient(PlayerService, t);
    this.matches = createClient(MatchService, t);
    this.events = createClient(EventService, t);
  }

  /** Makes a call, and once more with a new access token where the old one is not taken any more. */
  async call<T>(f: () => Promise<T>): Promise<T> {
    if (!this.token) await this.renew();
    try {
      return await f();
    } catch (e) {
      if (!stale.has(reason(e))) throw e;
      await this.renew();
      return f();
    }
  }

  /** Gets an access token: by the refresh token, and where that is of no use by signing in. One at a time. */
  private renew(): Promise<void> {
    return (this.renewing ??= this.openSession().finally(() => (this.renewing = undefined)));
  }

  private async openSession(): Promise<void> {
    const { refreshToken, secret } = this.kept;
    const value = Uint8Array.from(atob(secret), (c) => c.charCodeAt(0));
    const signIn = () => this.players.signIn({ credential: { case: "guestSecret", value } });
    const answer = await (refreshToken ? this.players.refreshSession({ refreshToken }) : signIn()).catch((e: unknown) => {
      if (stale.has(reason(e))) return signIn();
      throw e;
    });
    this.token = answer.session!.accessToken;
    this.kept.refreshToken = answer.session!.refreshToken;
    this.save();
  }

  /** Reads the matches: all of them, or those in which something happened since a cursor. */
  async refresh(changedSince = ""): Promise<void> {
    const list = await this.call(() => this.matches.listMatches({ view: ListView.FULL, changedSince }));
    for (const { summary } of list.matches) this.kept.heard[summary!.matchId] = String(summary!.version);
    for (const id of list.goneMatchIds) delete this.kept.heard[id];
    this.kept.cursor = list.cursor;
    this.save();
    this.screens.matches(list.matches, list.goneMatchIds);
  }

  /** Takes events in, each once, together with the cursor behind them. */
  private take(events: InboxEvent[], cursor: string): void {
    const fresh = events.filter(({ matchId, event }) => {
      if (event!.version <= BigInt(this.kept.heard[matchId] ?? "0")) return false;
      this.kept.heard[matchId] = String(event!.version);
      return true;
    });
    this.kept.cursor = cursor;
    this.save();
    fresh.forEach((e) => this.screens.event(e));
    this.failures = 0;
  }

  /** Hears what happens until it is told to stop (the app goes to the background), or a newer one takes its place. */
  async follow(stop: AbortSignal): Promise<void> {
    this.streaming = true;
    while (!stop.aborted) {
      let pause = 0;
      try {
        if (!this.token) await this.renew();
        if (!this.kept.cursor) await this.refresh();
        const end = await (this.streaming ? this.stream(stop) : this.poll(stop));
        if (end?.reason === EndReason.REPLACED) return; // whoever took the place hears it all
        if (end?.reason === EndReason.TOKEN_EXPIRED || end?.reason === EndReason.SESSION_ENDED) this.token = "";
        pause = Number(end?.retryAfter?.seconds ?? 0) + (end?.retryAfter?.nanos ?? 0) / 1e9;
      } catch (e) {
        if (stale.has(reason(e))) this.token = "";
        if (lost.has(reason(e))) this.kept.cursor = "";
        pause = backoff(this.failures++, e);
      }
      await sleep(pause, stop);
    }
  }

  private async stream(stop: AbortSignal): Promise<StreamEnd> {
    const dead = new AbortController();
    const cut = () => dead.abort();
    stop.addEventListener("abort", cut);
    let ready = false;
    let end: StreamEnd | undefined;
    let watch = setTimeout(cut, readyWithin * 1000);
    try {
      const req = { cursor: this.kept.cursor, heartbeat: { seconds: BigInt(heartbeat) }, views: true };
      for await (const m of this.events.streamEvents(req, { signal: dead.signal })) {
        ready = true;
        clearTimeout(watch);
        watch = setTimeout(cut, 2 * heartbeat * 1000); // two heartbeats did not come: the connection is dead
        if (m.kind.case === "end") end = m.kind.value; // and then it closes
        else this.take(m.kind.case === "events" ? m.kind.value.events : [], m.cursor);
      }
      if (!end) throw new Error("the stream broke off");
      return end;
    } catch (e) {
      if (end) return end;
      if (!ready && dead.signal.aborted && !stop.aborted) this.streaming = false; // something on the way holds the messages back
      throw e;
    } finally {
      clearTimeout(watch);
      stop.removeEventListener("abort", cut);
    }
  }

  private async poll(signal: AbortSignal): Promise<StreamEnd | undefined> {
    const req = { cursor: this.kept.cursor, wait: { seconds: BigInt(heartbeat) }, views: true };
    const res = await this.call(() => this.events.waitEvents(req, { signal, timeoutMs: (heartbeat + 10) * 1000 }));
    this.take(res.events, res.cursor);
    return res.end;
  }

  /** Takes a turn. It is kept before it is sent, so it survives the app. */
  play(matchId: string, expectedVersion: bigint, move: string): void {
    this.kept.outbox.push({ requestId: randomUUID(), matchId, expectedVersion: String(expectedVersion), move });
    this.save();
    void this.send();
  }

  /** Sends the turns that wait, in order. To be called when the app starts, too. */
  send(): Promise<void> {
    return (this.sending ??= this.empty().finally(() => (this.sending = undefined)));
  }

  private async empty(): Promise<void> {
    for (let failures = 0; this.kept.outbox[0]; ) {
      const turn = this.kept.outbox[0];
      const { matchId, requestId, move } = turn;
      const req = { matchId, requestId, expectedVersion: BigInt(turn.expectedVersion), moves: [{ text: move }] };
      let refused = "";
      try {
        await this.call(() => this.matches.submitTurn(req, { timeoutMs: 15_000 }));
        failures = 0;
      } catch (e) {
        refused = reason(e);
        if (passing.has(refused) || stale.has(refused)) {
          await sleep(backoff(failures++, e));
          continue; // with the same request_id: it is played once
        }
      }
      this.kept.outbox = this.kept.outbox.filter((t) => t !== turn);
      this.save();
      if (refused) this.screens.refused(turn, refused);
    }
  }

  /** Says every 25 s that a match is on the screen, until the function that it returns is called. */
  look(matchId: string): () => void {
    const say = (id: string) => {
      const seen = { matchId: id, version: BigInt(this.kept.heard[id] ?? "0") };
      this.call(() => this.events.ackEvents({ cursor: this.kept.cursor, seen })).catch(() => {}); // said again soon
    };
    const every = setInterval(say, 25_000, matchId);
    say(matchId);
    return () => {
      clearInterval(every);
      say("");
    };
  }
}

// Reasons by what is to be done. "" is none: the network failed, and whether the call arrived is not known.
const passing = new Set(["", "OUTCOME_UNKNOWN", "OVERLOADED", "DRAINING", "RATE_LIMITED", "DISK_FULL", "INTERNAL"]);
const stale = new Set(["TOKEN_EXPIRED", "TOKEN_INVALID", "SESSION_ENDED"]);
const lost = new Set(["CURSOR_EXPIRED", "BAD_CURSOR"]);

/** The detail of an error that has a type of google.rpc, as JSON. */
function detail(e: unknown, type: string): Record<string, string> {
  for (const d of ConnectError.from(e).details) {
    if ("type" in d && d.type === `google.rpc.${type}`) return (d.debug ?? {}) as Record<string, string>;
  }
  return {};
}

function reason(e: unknown): string {
  return detail(e, "ErrorInfo").reason ?? "";
}

/** How long to wait after some failures, in seconds: longer each time, not all clients at once, no less than was asked. */
function backoff(failures: number, e: unknown): number {
  const asked = parseFloat(detail(e, "RetryInfo").retryDelay ?? "0");
  return asked + Math.random() * Math.min(30, 0.5 * 2 ** failures);
}

function sleep(seconds: number, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    stop?.addEventListener("abort", done);
    if (stop?.aborted) done();
  });
}
