package main

import (
	"testing"

	"yourmove/game/gametest"
)

func TestNim(t *testing.T) { gametest.Run(t, Nim{}) }
