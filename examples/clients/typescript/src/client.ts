// A small whole client: it signs in, keeps its place in the player's inbox, hears what happens, and sends turns.
import { randomUUID } from "node:crypto"; // in a browser: crypto.randomUUID
import { fromJson, toJson } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { backoff, lost, passing, reason, sleep, stale } from "./errors.js";
import { EndReason, EventService, type InboxEvent, type StreamEnd } from "./gen/yourmove/v1/event_service_pb.js";
import { type Match, MatchSchema, Standing } from "./gen/yourmove/v1/match_pb.js";
import { ListView, MatchService } from "./gen/yourmove/v1/match_service_pb.js";
import { PlayerService } from "./gen/yourmove/v1/player_service_pb.js";
import { type Kept, type Screens, shown, type Turn } from "./kept.js";

const heartbeat = 25; // seconds
const readyWithin = 5;
const hour = 3600_000; // milliseconds

export class Yourmove {
  readonly players: Client<typeof PlayerService>;
  readonly matches: Client<typeof MatchService>;
  readonly events: Client<typeof EventService>;
  private token = "";
  private renewing?: Promise<void>;
  private sending = new Map<string, Promise<void>>(); // by match
  private streaming = true;
  private follows = 0;
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

  /** To be called when the app starts: shows what is kept, and sends what waits. */
  start(): void {
    Object.keys(this.kept.matches).forEach((id) => this.show(id));
    void this.send();
  }

  private show(id: string): void {
    const known = this.kept.matches[id];
    if (known && !known.match) return; // once it was read
    this.screens.match(id, known && fromJson(MatchSchema, known.match!, { ignoreUnknownFields: true }));
  }

  /** Keeps a match, unless a newer one is kept. */
  private put(m: Match, heard = m.summary!.version): void {
    const { matchId, version } = m.summary!;
    const old = this.kept.matches[matchId];
    if (!old || version >= shown(old)) this.kept.matches[matchId] = { heard: String(heard), match: toJson(MatchSchema, m) };
  }

  /** Reads the matches: all of them, or those in which something happened since a cursor. */
  async refresh(changedSince = ""): Promise<void> {
    const list = await this.call(() => this.matches.listMatches({ view: ListView.FULL, changedSince }));
    const all = changedSince ? [] : Object.keys(this.kept.matches);
    const listed = list.matches.map((m) => m.summary!.matchId);
    // Without a cursor, or after one that was refused, what is kept counts for nothing: the server may be a restored one,
    // with lower versions.
    if (!this.kept.cursor) this.kept.matches = {};
    for (const id of [...all.filter((id) => !listed.includes(id)), ...list.goneMatchIds]) delete this.kept.matches[id];
    list.matches.forEach((m) => this.put(m));
    this.kept.cursor = list.cursor;
    this.kept.heardAt = Date.now();
    if (!changedSince) this.kept.listedAt = this.kept.heardAt;
    this.save();
    new Set([...all, ...listed, ...list.goneMatchIds]).forEach((id) => this.show(id));
  }

  /** Takes events in, each once, together with the cursor behind them. */
  private async take(events: InboxEvent[], cursor: string): Promise<void> {
    const fresh = events.filter(({ matchId, event, standing, match }) => {
      const { version } = event!;
      const old = this.kept.matches[matchId];
      if (old && version <= BigInt(old.heard)) return false;
      this.kept.matches[matchId] = { ...old, heard: String(version) };
      if (match) this.put(match, version);
      if (standing === Standing.UNSPECIFIED) delete this.kept.matches[matchId]; // he is no longer part of it
      return true;
    });
    this.kept.cursor = cursor;
    this.kept.heardAt = Date.now();
    this.save();
    this.failures = 0;
    fresh.forEach((e) => this.screens.event(e));
    new Set(fresh.map((e) => e.matchId)).forEach((id) => this.show(id));
    await this.complete();
  }

  /** Reads the matches whose events came without them, as happens where there is much. */
  private async complete(): Promise<void> {
    for (const [id, known] of Object.entries(this.kept.matches)) {
      if (shown(known) < BigInt(known.heard)) await this.read(id);
    }
  }

  /** Reads one match: when its notification was tapped, for one. */
  async read(matchId: string): Promise<void> {
    try {
      this.put((await this.call(() => this.matches.getMatch({ matchId }))).match!);
    } catch (e) {
      if (reason(e) !== "NO_SUCH_MATCH") throw e;
      delete this.kept.matches[matchId];
    }
    this.save();
    this.show(matchId);
  }

  /** Hears what happens until it is told to stop (the app goes to the background), or a newer one takes its place. */
  async follow(stop: AbortSignal): Promise<void> {
    const mine = ++this.follows;
    let reconnected = mine > 1 ? Date.now() : 0;
    this.streaming = true;
    while (!stop.aborted && mine === this.follows) {
      let pause = 0;
      try {
        if (!this.token) await this.renew();
        // Archiving, for one, makes no event: once a day the whole list. After hours, what changed is shorter than all events.
        if (!this.kept.cursor || Date.now() - this.kept.listedAt > 24 * hour) await this.refresh();
        else if (Date.now() - this.kept.heardAt > hour) await this.refresh(this.kept.cursor);
        await this.complete();
        const end = await (this.streaming ? this.stream(stop) : this.poll(stop));
        if (!end) continue;
        if (end.reason === EndReason.REPLACED) {
          // An older one of our own may have arrived late. Otherwise whoever took the place hears it all.
          if (Date.now() - reconnected > 60_000) return;
          reconnected = 0;
          continue;
        }
        if (end.reason === EndReason.TOKEN_EXPIRED || end.reason === EndReason.SESSION_ENDED) this.token = "";
        pause = Number(end.retryAfter?.seconds ?? 0) + (end.retryAfter?.nanos ?? 0) / 1e9;
      } catch (e) {
        if (stale.has(reason(e))) this.token = "";
        if (lost.has(reason(e))) this.kept.cursor = "";
        pause = backoff(this.failures++, e);
      }
      await sleep(pause, stop);
      reconnected = Date.now();
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
        else await this.take(m.kind.case === "events" ? m.kind.value.events : [], m.cursor);
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
    await this.take(res.events, res.cursor);
    return res.end;
  }

  /** Takes a turn. It is kept before it is sent, so it survives the app. */
  play(matchId: string, expectedVersion: bigint, move: string): void {
    this.kept.outbox.push({ requestId: randomUUID(), matchId, expectedVersion: String(expectedVersion), move });
    this.save();
    void this.send();
  }

  /** Sends the turns that wait: those of a match in order, those of different matches beside each other. */
  async send(): Promise<void> {
    const waiting = new Set(this.kept.outbox.map((t) => t.matchId));
    await Promise.all([...waiting].map((id) => {
      const sent = this.sending.get(id) ?? this.empty(id).finally(() => this.sending.delete(id));
      this.sending.set(id, sent);
      return sent;
    }));
  }

  private async empty(matchId: string): Promise<void> {
    const ofMatch = () => this.kept.outbox.filter((t) => t.matchId === matchId);
    for (let failures = 0, turn; (turn = ofMatch()[0]); ) {
      const { requestId, expectedVersion, move } = turn;
      const req = { matchId, requestId, expectedVersion: BigInt(expectedVersion), moves: [{ text: move }] };
      let dropped: Turn[] = [];
      let refused = "";
      try {
        const answer = await this.call(() => this.matches.submitTurn(req, { timeoutMs: 15_000 }));
        failures = 0;
        const old = this.kept.matches[matchId];
        if (answer.match && old) this.put(answer.match, BigInt(old.heard)); // its event is still to be heard
        const next = ofMatch()[1];
        if (next && BigInt(next.expectedVersion) < answer.version) next.expectedVersion = String(answer.version);
      } catch (e) {
        refused = reason(e);
        if (passing.has(refused) || stale.has(refused)) {
          await sleep(backoff(failures++, e));
          continue; // with the same request_id: it is played once
        }
        dropped = ofMatch(); // what was planned after it goes with it
      }
      this.kept.outbox = this.kept.outbox.filter((t) => t !== turn && !dropped.includes(t));
      this.save();
      if (refused) this.screens.refused(dropped, refused);
      this.show(matchId);
    }
  }

  /** Says every 25 s that a match is on the screen, until the function that it returns is called. */
  look(matchId: string): () => void {
    const say = (id: string) => {
      const seen = { matchId: id, version: shown(this.kept.matches[id]) };
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
