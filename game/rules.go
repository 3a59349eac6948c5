package game

import (
	"fmt"
	"strings"
	"time"
)

// Rules is one version of one game. Each method depends on its arguments alone, and none changes a position that it
// was given: Play and Leave return another one. Seats are numbered from 1.
type Rules interface {
	// Info names the game and this version of its rules.
	Info() Info
	// Check says whether a match with up to seats players may be created with these options, and returns them with
	// every default filled in, as JSON. What it refuses is told to the caller.
	Check(o Options, seats int) (Options, error)
	// Setup returns the first position for the seats that play, in ascending order.
	Setup(o Options, seats []int, c *Chance) (Position, error)
	// Play judges a move of seat and returns what follows. The seat must or may act. Malformed and Illegal make the
	// errors; any other error counts as Illegal. c is the chance of this event.
	Play(p Position, seat int, move string, at Moment, c *Chance) (Played, error)
	// Leave returns what follows when seat leaves a match that goes on: at least two others still play.
	Leave(p Position, seat int, c *Chance) (Played, error)
	// Duty says what seat may do in p.
	Duty(p Position, seat int) Duty
	// Outcomes tells how the seats still playing came out, or nil while the game goes on.
	Outcomes(p Position) []Outcome
	// View is p as viewer may know it, something that encoding/json writes as an object. Viewer 0 is a spectator.
	View(p Position, viewer int) any
	// Redact returns a move of seat as viewer may know it before the match is over: as it is, with parts left out, or
	// Hidden. It cannot see the position, because what was shown once must stay the same for ever.
	Redact(m PlayedMove, seat, viewer int) PlayedMove
	// Secrets lists texts that only seat may know in p; the suite gametest looks for them in all that others are shown.
	Secrets(p Position, seat int) []string
	// Encode writes a position with the present version of its encoding, Decode reads that and every earlier one.
	Encode(p Position) (version int, data []byte, err error)
	Decode(version int, data []byte) (Position, error)
}

// Info names a version of the rules of a game.
type Info struct {
	// Name is how the API calls the game: a lower-case letter, then letters, digits, - and _; 40 at most.
	Name string
	// Title is for people.
	Title string
	// Version counts the rules' changes that would judge a running match otherwise, from 1.
	Version int
	// MinSeats and MaxSeats bound the number of players.
	MinSeats, MaxSeats int
	// Notation tells people how a move is written.
	Notation string
	// OptionsHelp tells people which options there are.
	OptionsHelp string
}

// MoveLister is implemented by Rules that can list the legal moves of a seat; at most 500 are asked for.
type MoveLister interface {
	LegalMoves(p Position, seat int) []string
}

// Batcher is implemented by Rules that let a seat send several moves of its turn at once; Open does so for games without
// secrets. Where nobody says that more may follow, each move has to be sent alone: were the rest judged behind one that
// met with something hidden, a refusal would tell what it met, and cost nothing.
type Batcher interface {
	// MayFollow reports whether other moves may be sent together behind this one: whatever others hide, its player knows
	// what comes of it.
	MayFollow(move string) bool
}

// Defaulter is implemented by Rules that know what to play for a seat which does not.
type Defaulter interface {
	DefaultMove(p Position, seat int) (move string, ok bool)
}

// Summarizer is implemented by Rules that can say in one line how things stand, as a spectator may know it.
type Summarizer interface {
	Summary(p Position) string
}

// Drawer is implemented by Rules that can draw a position as text, as viewer may know it.
type Drawer interface {
	Draw(p Position, viewer int) string
}

// Closer is implemented by Rules whose positions look otherwise once a match is over that its moves did not end: somebody
// gave up, or it was called off.
type Closer interface {
	// Close returns p as it is shown then: nobody is to move, and what was hidden may be told. Only View, Draw, Summary and
	// Close are asked of what it returns, which is neither stored nor played on from. Imagine makes such a position again of
	// such a view.
	Close(p Position) Position
}

// Notator is implemented by Rules that can write a whole match in the game's own notation, as PGN is for chess. The
// events are those that the reader may know; names has the players'. mediaType is that of text, "application/vnd.chess-pgn"
// for example.
type Notator interface {
	Notation(m Match, events []Event, names map[PlayerID]string) (text, mediaType string)
}

// Position is a state of a game, of the type that its Rules chose.
type Position any

// Options are what a match was created with: a JSON object, or empty.
type Options []byte

// Moment is when a move was made: its instant, and how long the seat had been to act.
type Moment struct {
	At    time.Time
	Taken time.Duration
}

// Played is what follows from a move.
type Played struct {
	// Position is the next one.
	Position Position
	// SameTurn: the turn goes on (roll again; others still have to choose).
	SameTurn bool
	// Chance is what came of the move that the mover could not know, in the game's notation, to be told with the move:
	// what a die showed, or that a shot hit. Empty: nothing.
	Chance string
}

// PlayedMove is a move as it stands in a match's history.
type PlayedMove struct {
	// Text is the move in the game's notation.
	Text string
	// Data is an opaque move of relay mode.
	Data []byte
	// Chance is what came of it that the mover could not know.
	Chance string
	// Hidden: the viewer may not know the move; the rest is empty.
	Hidden bool
}

// Duty is what a seat may do.
type Duty int

// The duties. Their numbers are stored.
const (
	Waits   Duty = 0
	MustAct Duty = 1 // is waited for, and told so
	MayAct  Duty = 2 // neither
)

// Registry finds Rules by name and version. Versions of a game can stand side by side: new matches get the newest.
type Registry struct {
	newest map[string]Rules
	all    map[rulesKey]Rules
}

type rulesKey struct {
	name    string
	version int
}

// Relay is the game name of relay mode, in which there are no Rules.
const Relay = "relay"

// NewRegistry makes a registry of these rules. It refuses two with the same name and version, and bad names.
func NewRegistry(rules ...Rules) (*Registry, error) {
	g := &Registry{newest: map[string]Rules{}, all: map[rulesKey]Rules{}}
	for _, r := range rules {
		info := r.Info()
		key := rulesKey{info.Name, info.Version}
		switch {
		case info.Name == Relay || !isName(info.Name) || info.Version < 1:
			return nil, fmt.Errorf("rules %q version %d: not a name and version for a game", info.Name, info.Version)
		case info.MinSeats < 1 || info.MaxSeats < info.MinSeats || info.MaxSeats > MaxSeats:
			return nil, fmt.Errorf("rules %q: from %d to %d seats", info.Name, info.MinSeats, info.MaxSeats)
		case g.all[key] != nil:
			return nil, fmt.Errorf("rules %q version %d: registered twice", info.Name, info.Version)
		}
		g.all[key] = r
		if n := g.newest[info.Name]; n == nil || n.Info().Version < info.Version {
			g.newest[info.Name] = r
		}
	}
	return g, nil
}

// isName reports whether the API can say a name: a lower-case letter, then letters, digits, - and _; 40 at most.
func isName(s string) bool {
	if s == "" || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// Newest returns the rules that a new match of the game gets.
func (g *Registry) Newest(name string) (Rules, bool) { r, ok := g.newest[name]; return r, ok }

// Find returns the rules that a match is pinned to.
func (g *Registry) Find(name string, version int) (Rules, bool) {
	r, ok := g.all[rulesKey{name, version}]
	return r, ok
}

// Has reports whether a match of this game and version can be played; relay mode always can.
func (g *Registry) Has(name string, version int) bool {
	return name == Relay || g.all[rulesKey{name, version}] != nil
}

// Infos lists the newest version of each game, in no particular order.
func (g *Registry) Infos() []Info {
	var list []Info
	for _, r := range g.newest {
		list = append(list, r.Info())
	}
	return list
}
