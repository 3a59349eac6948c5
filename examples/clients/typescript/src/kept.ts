// What a client keeps, and what it tells the screens.
import { type JsonValue } from "@bufbuild/protobuf";
import { type InboxEvent } from "./gen/yourmove/v1/event_service_pb.js";
import { type Match } from "./gen/yourmove/v1/match_pb.js";

/** What outlives the app. It is saved whole or not at all: in a transaction of a database, or as a file that is replaced. */
export interface Kept {
  secret: string; // 32 random bytes in base64: the player
  refreshToken: string;
  cursor: string; // whatever happened before it is in matches; "": nothing is known, or it is of no use any more
  heardAt: number; // when that was, in ms
  listedAt: number; // when all matches were read
  matches: Record<string, KeptMatch>; // what the screens show
  outbox: Turn[]; // in the order in which they were made
}

export interface KeptMatch {
  heard: string; // the version of the last event that was taken in
  match?: JsonValue; // the newest that was read. Absent, or older than heard: it is still to be read
}

export interface Turn {
  requestId: string;
  matchId: string;
  expectedVersion: string;
  move: string;
}

/** What the game's screens are told, after it was kept. */
export interface Screens {
  match(id: string, m: Match | undefined): void; // as it is kept, at the start and when it changed; undefined: not on the list
  event(e: InboxEvent): void; // to be animated: not told again after a crash, but what came of it is in match
  refused(turns: Turn[], reason: string): void; // the first was, the others were planned after it
}

/** The version of the match that is kept. */
export function shown(known?: KeptMatch): bigint {
  const { summary } = (known?.match ?? {}) as { summary?: { version?: string } };
  return BigInt(summary?.version ?? "0");
}
