package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/structpb"

	pb "yourmove/proto/gen/yourmove/v1"
)

// words makes sentences about a match, for the player in one of its seats.
type words struct {
	s     *pb.MatchSummary
	paint paint
}

// who names whoever has a seat, "you" for the reader.
func (w words) who(seat int32) string {
	switch name := w.name(seat); {
	case seat == w.s.GetMySeat():
		return w.paint.seat(seat, "you")
	case name == "":
		return fmt.Sprintf("seat %d", seat)
	default:
		return w.paint.seat(seat, name)
	}
}

// subject is who at the beginning of a sentence. Names stay as they are.
func (w words) subject(seat int32) string {
	if seat == w.s.GetMySeat() {
		return w.paint.seat(seat, "You")
	}
	return w.who(seat)
}

func (w words) name(seat int32) string {
	if seat < 1 || int(seat) > len(w.s.GetSeats()) {
		return ""
	}
	return clean(w.s.GetSeats()[seat-1].GetName())
}

// seating says who has which seat, for the game knows players by their seats alone: in its drawings, in moves and in what
// it refuses.
func (w words) seating() string {
	var all []string
	for _, seat := range w.s.GetSeats() {
		if seat.GetPlayerId() != "" {
			all = append(all, fmt.Sprintf("seat %d is %s", seat.GetSeat(), w.who(seat.GetSeat())))
		}
	}
	return sentence(list(all, "and"))
}

// opponents names all but the reader.
func (w words) opponents() string {
	var names []string
	for _, seat := range w.s.GetSeats() {
		if seat.GetSeat() != w.s.GetMySeat() && seat.GetPlayerId() != "" {
			names = append(names, w.who(seat.GetSeat()))
		}
	}
	if len(names) == 0 {
		return "whoever joins"
	}
	return list(names, "and")
}

// turn says whom the match waits for.
func (w words) turn() string {
	switch must := w.s.GetMustAct(); {
	case slices.Contains(must, w.s.GetMySeat()):
		return "your turn"
	case len(must) == 1:
		return w.who(must[0]) + "'s turn"
	case len(must) > 1:
		var names []string
		for _, seat := range must {
			names = append(names, w.who(seat))
		}
		return "the turn of " + list(names, "and")
	}
	return "nobody's turn"
}

// played tells of moves that one seat made one after the other.
func (w words) played(seat int32, moves []*pb.PlayedMove) string {
	var shown []string
	hidden := 0
	for _, m := range moves {
		text := strings.TrimPrefix(clean(m.GetText()), "play ") // the sentence has the word
		switch {
		case m.GetHidden() || text == "":
			hidden++
			continue
		case m.GetChance() != "":
			text += " (" + clean(m.GetChance()) + ")"
		}
		shown = append(shown, text)
	}
	switch who := w.subject(seat); {
	case len(shown) > 0:
		return fmt.Sprintf("%s played %s.", who, strings.Join(shown, ", "))
	case hidden > 1:
		return fmt.Sprintf("%s made %d moves that you cannot see.", who, hidden)
	default:
		return fmt.Sprintf("%s made a move that you cannot see.", who)
	}
}

// event tells of what is no move; empty for what needs no words.
func (w words) event(e *pb.Event) string {
	who := w.subject(e.GetSeat())
	switch k := e.GetKind().(type) {
	case *pb.Event_PlayerJoined:
		return who + " joined."
	case *pb.Event_PlayerLeft, *pb.Event_InvitationDeclined:
		return fmt.Sprintf("Seat %d is empty again.", e.GetSeat())
	case *pb.Event_MatchStarted:
		if k.MatchStarted.GetChance() != "" {
			return fmt.Sprintf("Chance decided at the start: %s.", clean(k.MatchStarted.GetChance()))
		}
	case *pb.Event_PlayerResigned:
		return who + " gave up."
	}
	return ""
}

// result says how a match that is over came out.
func (w words) result() string {
	if w.s.GetState() == pb.MatchState_MATCH_STATE_CANCELLED {
		return "The match was called off."
	}
	var all []*pb.Outcome
	for _, seat := range w.s.GetSeats() {
		if o := seat.GetOutcome(); o != nil {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(a, b *pb.Outcome) int { return cmp.Compare(a.GetPlace(), b.GetPlace()) })
	if len(all) > 2 {
		return w.standings(all)
	}
	verdict := w.verdict(all)
	if len(all) == 2 && all[0].Score != nil && all[1].Score != nil {
		verdict += fmt.Sprintf(", %s to %s", number(all[0].GetScore()), number(all[1].GetScore()))
	}
	for _, o := range all {
		if o.GetEnding() == pb.Ending_ENDING_TIMED_OUT {
			return fmt.Sprintf("%s ran out of time. %s.", w.subject(o.GetSeat()), verdict)
		}
	}
	return verdict + "."
}

// verdict is the result in a word.
func (w words) verdict(all []*pb.Outcome) string {
	drawn := false
	for _, o := range all {
		switch o.GetResult() {
		case pb.Result_RESULT_WON:
			return w.subject(o.GetSeat()) + " won"
		case pb.Result_RESULT_DRAWN:
			drawn = true
		}
	}
	if drawn {
		return "It is a draw"
	}
	return "The match is over"
}

// standings is the result among many, the best first.
func (w words) standings(all []*pb.Outcome) string {
	var b strings.Builder
	b.WriteString(w.verdict(all) + ".")
	for _, o := range all {
		fmt.Fprintf(&b, "\n  %d. %s", o.GetPlace(), w.who(o.GetSeat()))
		if o.Score != nil {
			fmt.Fprintf(&b, "  %s", number(o.GetScore()))
		}
		if o.GetEnding() == pb.Ending_ENDING_RESIGNED {
			b.WriteString("  (gave up)")
		}
	}
	return b.String()
}

// nextField and turnField are how games call the field of their views that says who is next: a seat, or X, or white.
const (
	nextField = "next"
	turnField = "turn"
)

// position writes a view of a game that has no drawing, a line a field. What belongs to the seats gets their names.
func (w words) position(view *structpb.Struct) string {
	var keys []string
	widest := 0
	for k := range view.GetFields() {
		keys = append(keys, k)
		widest = max(widest, len(k))
	}
	slices.Sort(keys)
	var b strings.Builder
	for _, k := range keys {
		label, value := clean(strings.ReplaceAll(k, "_", " ")), w.value(view.GetFields()[k])
		if seat := int32(view.GetFields()[k].GetNumberValue()); k == nextField && w.name(seat) != "" {
			value = w.who(seat)
		}
		fmt.Fprintf(&b, "  %-*s  %s\n", widest, label, value)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (w words) value(v *structpb.Value) string {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return clean(v.StringValue)
	case *structpb.Value_NumberValue:
		return number(v.NumberValue)
	case *structpb.Value_BoolValue:
		if v.BoolValue {
			return "yes"
		}
		return "no"
	case *structpb.Value_ListValue:
		var texts []string
		for _, e := range v.ListValue.GetValues() {
			texts = append(texts, w.value(e))
		}
		return strings.Join(texts, " ")
	case *structpb.Value_StructValue:
		var keys, texts []string
		for k := range v.StructValue.GetFields() {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			label := clean(k)
			if n, err := strconv.Atoi(k); err == nil && w.name(int32(n)) != "" {
				label = w.who(int32(n))
			}
			texts = append(texts, label+": "+w.value(v.StructValue.GetFields()[k]))
		}
		return strings.Join(texts, ", ")
	}
	return "-"
}

// refusalText says what a server wrote with a refusal, as a sentence.
func refusalText(err error) string {
	text := ""
	if refused := (*connect.Error)(nil); errors.As(err, &refused) {
		text = clean(refused.Message())
	}
	if text == "" {
		text = "that was refused"
	}
	return sentence(text)
}

// sentence makes one of a text that a server or an error wrote. A move at its beginning, b2, stays as it is.
func sentence(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if strings.IndexFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }) < 0 {
		r, size := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(r)) + s[size:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// list joins texts as in a sentence: a, b and c.
func list(texts []string, last string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " " + last + " " + texts[len(texts)-1]
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// ago says how long something is past.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h ago", d/time.Hour)
	case d < 48*time.Hour:
		return "1 day ago"
	}
	return fmt.Sprintf("%d days ago", d/(24*time.Hour))
}

// cut shortens a text to n signs.
func cut(s string, n int) string {
	if signs := []rune(s); len(signs) > n {
		return string(signs[:n-3]) + "..."
	}
	return s
}

// width is how many columns a terminal has at least.
const width = 78

// fill breaks texts, separated by commas, into lines.
func fill(texts []string, indent string) string {
	return wrap(strings.Split(strings.Join(texts, ",\x00"), "\x00"), indent)
}

// wrapped breaks a long sentence into lines.
func wrapped(s string) string { return wrap(strings.Fields(s), "") }

func wrap(words []string, indent string) string {
	var b strings.Builder
	line := ""
	for _, w := range words {
		if line != "" && len(indent)+len(line)+1+len(w) > width {
			b.WriteString(indent + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return b.String() + indent + line
}
