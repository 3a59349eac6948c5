# `make check` is what CI runs. Tests come last, so that their summary ends the output.
.PHONY: check fmt vet staticcheck lint breaking generate generated test fault
.NOTPARALLEL:

# Added to what the environment says (it may hold -buildvcs=false). The race detector needs cgo and a C compiler.
# The timeout is per package: a slow machine with the race detector is not a failure.
TEST_FLAGS := -race -timeout=20m

check: fmt vet staticcheck lint breaking generated fault test

fmt:
	@out=$$("$$(go env GOROOT)/bin/gofmt" -l .); if [ -n "$$out" ]; then echo "gofmt -w these files:"; echo "$$out"; exit 1; fi

# With the tag too: those tests run seldom, and must not stop compiling meanwhile.
vet:
	go vet ./...
	go vet -tags fault ./...

staticcheck:
	go tool staticcheck -tags fault ./...

lint:
	scripts/buf lint

# Against the newest release, else the commit before. An intended break before the first release: BREAKING_AGAINST=HEAD.
breaking:
	scripts/breaking

generate:
	scripts/buf generate

generated:
	scripts/generated

test:
	CGO_ENABLED=1 GOFLAGS="$$GOFLAGS $(TEST_FLAGS)" go test ./...

# What needs root or another program: disks that fail (strace), the docs' commands (bash, curl), a chess engine (stockfish),
# clients that others wrote (curl, grpcurl, which Go fetches, and node with npm), a proxy (nginx).
fault:
	@[ "$$(id -u)" = 0 ] || { echo "make fault needs root"; exit 1; }
	@for tool in strace stockfish bash curl node npm nginx; do \
		PATH="$$PATH:/usr/games:/usr/sbin" command -v $$tool >/dev/null || { echo "make fault needs $$tool"; exit 1; }; done
	@dirs=$$(grep -rlE --include='*_test.go' '^//go:build.*\bfault\b' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$dirs" ]; then echo "fault: no such tests"; exit 1; fi; \
	set -x; go test -tags fault -count=1 -timeout=30m $$dirs
