// What is to be done about an error, and when.
import { ConnectError } from "@connectrpc/connect";

// Reasons by what is to be done. "" is none: the network failed, and whether the call arrived is not known.
export const passing = new Set(["", "OUTCOME_UNKNOWN", "OVERLOADED", "DRAINING", "RATE_LIMITED", "DISK_FULL", "INTERNAL"]);
export const stale = new Set(["TOKEN_EXPIRED", "TOKEN_INVALID", "SESSION_ENDED"]);
export const lost = new Set(["CURSOR_EXPIRED", "BAD_CURSOR"]);

/** The detail of an error that has a type of google.rpc, as JSON. */
function detail(e: unknown, type: string): Record<string, string> {
  for (const d of ConnectError.from(e).details) {
    if ("type" in d && d.type === `google.rpc.${type}`) return (d.debug ?? {}) as Record<string, string>;
  }
  return {};
}

export function reason(e: unknown): string {
  return detail(e, "ErrorInfo").reason ?? "";
}

/** How long to wait after some failures, in seconds: longer each time, not all clients at once, no less than was asked. */
export function backoff(failures: number, e: unknown): number {
  const asked = parseFloat(detail(e, "RetryInfo").retryDelay ?? "0");
  return asked + Math.random() * Math.min(30, 0.5 * 2 ** failures);
}

export function sleep(seconds: number, stop?: AbortSignal): Promise<void> {
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
