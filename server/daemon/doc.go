// Package daemon is the server as a program: flags, wiring, signals. cmd/yourmoved is a main around it; a studio with
// rules of its own writes another one (examples/studio).
//
//	daemon.go  the commands           wiring.go   a running server from its parts
//	serve.go   yourmoved serve        listen.go   ports and sockets
//	demo.go    yourmoved demo         metrics.go  what Prometheus reads
//	local.go   a server within another program, for its user alone
package daemon
