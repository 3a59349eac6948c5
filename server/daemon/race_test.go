//go:build race

package daemon_test

// raceEnabled: everything takes some ten times as long, so there is less of it.
const raceEnabled = true
