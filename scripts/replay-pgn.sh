#!/usr/bin/env bash
# Plays every game of a PGN file through a real server and client, under the server's rules and in relay mode, and fails
# unless all of them end as the file says.
# usage: scripts/replay-pgn.sh FILE.pgn
set -euo pipefail
pgn=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tmp=$(mktemp -d)
server=
finish() {
	status=$?
	# A failure on the way must not leave the server running.
	if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" || true; fi
	if [ "$status" != 0 ] && [ -f "$tmp/server.log" ]; then tail -n 20 "$tmp/server.log" >&2; fi
	rm -rf "$tmp"
	exit "$status"
}
trap finish EXIT

go build -o "$tmp/" ./cmd/yourmoved ./cmd/yourmove

# timeout passes our signal on, and kills a server that does not stop within 30 seconds of it.
timeout --kill-after=30 20m "$tmp/yourmoved" serve --data "$tmp/data" --listen 127.0.0.1:0 --dev >"$tmp/server.log" 2>&1 &
server=$!
url=
for _ in {1..300}; do
	url=$(sed -n '/^yourmoved: listening on /{s|^.*\(http://[^ ]*\).*$|\1|p;q}' "$tmp/server.log")
	if [ -n "$url" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
	sleep 0.1
done
if [ -z "$url" ]; then echo "replay-pgn: the server did not say where it listens" >&2; exit 1; fi

# The totals come last, and nothing but a shell is sure to be here to read JSON.
field() { grep -o "\"$1\": *[0-9]*" "$tmp/result.json" | tail -n 1 | grep -o '[0-9]*$' || true; }

# play MODE FLAG...: once through all games. MODE is for people.
play() {
	local mode=$1 status games ok
	shift
	timeout 8m "$tmp/yourmove" replay "$@" --server "$url" --pgn "$pgn" --json >"$tmp/result.json" ||
		{ status=$?; tail -n 20 "$tmp/result.json" >&2; echo "replay-pgn: yourmove replay $mode failed ($status)" >&2; exit 1; }
	games=$(field games) ok=$(field ok)
	if [ -z "$games" ] || [ "$games" = 0 ] || [ "$ok" != "$games" ]; then
		tail -n 20 "$tmp/result.json" >&2
		echo "replay-pgn: $mode: ok=$ok of games=$games" >&2
		exit 1
	fi
	echo "replay-pgn: $ok of $games games of $(basename "$pgn") played $mode and ended as recorded, $(field moves_per_s) moves/s"
}

play "under the rules"
play "in relay mode" --relay

kill "$server"
stopped=0
wait "$server" || stopped=$?
server=
if [ "$stopped" != 0 ]; then echo "replay-pgn: the server stopped with status $stopped" >&2; exit 1; fi
