package bench

import (
	"fmt"
	"math/rand/v2"
	"strings"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// chessGame is Trelawney against Brien, London 1851, 86 moves to the mate. All of the bench's chess matches are this
// game: to find legal moves would take more of the machine than to judge them does, and it is the server that is measured.
var chessGame = strings.Fields("e2e4 e7e5 g1f3 b8c6 f1b5 g8f6 b5c6 d7c6 d2d3 f8d6 c1g5 h7h6 g5h4 c8g4 b1d2 g7g5 h4g3 d8e7 c2c3 f6h5 " +
	"h2h3 g4d7 g3e5 h5f6 e5f6 e7f6 e4e5 f6e6 e1g1 d6e7 d1b3 e8c8 b3e6 d7e6 f3d4 e6d7 g2g4 h6h5 f2f3 e7c5 " +
	"g1g2 c5d4 c3d4 d7e6 d2b3 c8b8 b3c5 e6c8 c5b3 b7b6 a1c1 b8b7 c1c3 c8e6 d4d5 e6d5 f1d1 h5g4 h3g4 h8h4 " +
	"g2f2 h4h2 f2e3 h2b2 b3d4 b2a2 d1c1 c6c5 d4b5 d8h8 d3d4 h8h2 d4c5 b6c5 c3c5 h2e2 e3d4 a2d2 d4c3 b7b6 " +
	"b5d4 d2a2 c5d5 e2e3 c3c4 a2a4")

// moveChess plays the next move of the game.
func moveChess(m *match, _ *rand.Rand, req *yourmovev1.SubmitTurnRequest) error {
	if m.turn < 1 || m.turn > uint64(len(chessGame)) {
		return fmt.Errorf("match %s: turn %d of a game of %d", m.id, m.turn, len(chessGame))
	}
	req.Moves = []*yourmovev1.Move{{Text: chessGame[m.turn-1]}}
	return nil
}
