package chess

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"yourmove/game"
)

// An encoded position is written anew with each turn, so it is small: about 30 bytes, and two for each past move.
//
//	1         the side to move (1 bit), castlings (4), from the lowest bit
//	1         the passed square, or 255
//	1         how the game ended
//	1         clock
//	1 to 5    number of the move (uvarint)
//	8         which squares have a piece: a bit for each, a1 in the lowest
//	1 to 16   these pieces, half a byte each, the lower half first: an index into libraryPieces
//	0 to 300  past moves: from (upper byte) and to
const encoding = 1

// Encode writes the position in the form above.
func (Rules) Encode(at game.Position) (int, []byte, error) {
	p := at.(*position)
	out := make([]byte, 0, 40+2*len(p.past))
	out = append(out, byte(p.turn)|byte(p.rights)<<1, byte(p.passed), byte(p.ended), p.clock)
	out = binary.AppendUvarint(out, uint64(p.number))
	var taken uint64
	var pieces [32]byte
	n := 0
	for sq, c := range p.board {
		if c != empty {
			taken |= 1 << sq
			pieces[n/2] |= codes[c] << (n % 2 * 4)
			n++
		}
	}
	out = binary.LittleEndian.AppendUint64(out, taken)
	out = append(out, pieces[:(n+1)/2]...)
	for _, m := range p.past {
		out = append(out, byte(m.from), byte(m.to))
	}
	return encoding, out, nil
}

// codes has the index of each piece in libraryPieces.
var codes = func() (codes [128]byte) {
	for i, c := range []byte(libraryPieces) {
		codes[c] = byte(i)
	}
	return codes
}()

var errTorn = errors.New("not an encoded position")

// Decode reads what Encode wrote. What is no position at all is refused: the rules rely on kings and on squares that
// are on the board.
func (Rules) Decode(version int, data []byte) (game.Position, error) {
	if version != encoding {
		return nil, fmt.Errorf("unknown encoding version %d of a position", version)
	}
	if len(data) < 4 {
		return nil, errTorn
	}
	p := newPosition()
	p.turn, p.rights, p.passed = side(data[0]&1), rights(data[0]>>1), square(data[1])
	p.ended, p.clock = ending(data[2]), data[3]
	number, n := binary.Uvarint(data[4:])
	if n <= 0 || len(data) < 4+n+8 || int(p.ended) >= len(endings) || p.rights > 15 || p.passed < none {
		return nil, errTorn
	}
	p.number, data = int(number), data[4+n:]
	if p.passed > 63 {
		return nil, errTorn
	}
	data, err := p.board.decode(data)
	if err != nil {
		return nil, err
	}
	if len(data)%2 != 0 {
		return nil, errTorn
	}
	if len(data) > 0 {
		p.past = make([]move, len(data)/2)
	}
	for i := range p.past {
		p.past[i] = move{from: square(data[2*i]), to: square(data[2*i+1])}
		if data[2*i] > 63 || data[2*i+1] > 63 {
			return nil, errTorn
		}
	}
	return p, nil
}

// decode reads the board and returns what follows it.
func (b *board) decode(data []byte) (rest []byte, err error) {
	taken := binary.LittleEndian.Uint64(data)
	data = data[8:]
	size := (bits.OnesCount64(taken) + 1) / 2
	if len(data) < size {
		return nil, errTorn
	}
	n := 0
	for sq := range b {
		b[sq] = empty
		if taken&(1<<sq) == 0 {
			continue
		}
		code := data[n/2] >> (n % 2 * 4) & 15
		if int(code) >= len(libraryPieces) {
			return nil, errTorn
		}
		b[sq] = libraryPieces[code]
		n++
	}
	if b.king(white) < 0 || b.king(black) < 0 {
		return nil, errTorn
	}
	return data[size:], nil
}
