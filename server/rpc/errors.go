package rpc

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	"yourmove/server"
)

// Domain is the domain of every ErrorInfo.
const Domain = "yourmove"

// codes gives each reason its meaning on the wire. A test notices a missing one.
var codes = map[game.Reason]connect.Code{
	game.InvalidField:   connect.CodeInvalidArgument,
	game.MalformedMove:  connect.CodeInvalidArgument, // wrong on any board
	game.BadPageToken:   connect.CodeInvalidArgument,
	game.BadCursor:      connect.CodeInvalidArgument,
	game.CursorExpired:  connect.CodeOutOfRange,         // take a snapshot, go on from its cursor
	game.IllegalMove:    connect.CodeFailedPrecondition, // wrong on this board
	game.NotYourTurn:    connect.CodeFailedPrecondition,
	game.MatchOver:      connect.CodeFailedPrecondition,
	game.MatchNotOver:   connect.CodeFailedPrecondition,
	game.AlreadyStarted: connect.CodeFailedPrecondition,
	game.NotStarted:     connect.CodeFailedPrecondition,
	game.MatchFull:      connect.CodeFailedPrecondition,
	game.SeatTaken:      connect.CodeFailedPrecondition,
	game.AlreadySeated:  connect.CodeFailedPrecondition,
	game.TooFewPlayers:  connect.CodeFailedPrecondition,
	game.RulesMissing:   connect.CodeFailedPrecondition,
	game.VersionStale:   connect.CodeAborted, // read again, then decide again
	game.RequestReused:  connect.CodeAlreadyExists,
	game.NoSuchMatch:    connect.CodeNotFound,
	game.NoSuchPlayer:   connect.CodeNotFound,
	game.NotSeated:      connect.CodePermissionDenied,
	game.NotHost:        connect.CodePermissionDenied,
	game.PayloadTooBig:  connect.CodeResourceExhausted,
	game.Quota:          connect.CodeResourceExhausted,
	game.RateLimited:    connect.CodeResourceExhausted,
	game.DiskFull:       connect.CodeResourceExhausted,
	game.Overloaded:     connect.CodeUnavailable,
	game.Draining:       connect.CodeUnavailable,
	game.OutcomeUnknown: connect.CodeUnavailable,
	game.TokenMissing:   connect.CodeUnauthenticated,
	game.TokenInvalid:   connect.CodeUnauthenticated,
	game.TokenExpired:   connect.CodeUnauthenticated,
	game.SessionEnded:   connect.CodeUnauthenticated,
}

// retryAfter is told with the reasons that mean "the same again, later".
var retryAfter = map[game.Reason]time.Duration{
	game.Overloaded:     500 * time.Millisecond,
	game.Draining:       2 * time.Second,
	game.OutcomeUnknown: 2 * time.Second,
	game.RateLimited:    time.Second,
	game.DiskFull:       10 * time.Second,
}

// ErrorInterceptor makes of whatever a call failed with an error for the wire: a refusal keeps its reason; errors of the
// context and of Connect itself keep their codes; any other, a panic too, is logged whole and told as "internal error"
// with an id that joins the two.
func ErrorInterceptor(log *slog.Logger) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) (err error) {
			defer func() {
				// Without this net/http would end the connection: the caller would not know whether to repeat.
				if r := recover(); r != nil {
					err = internal(ctx, log, spec.Procedure, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
				}
			}()
			if err := next(ctx, spec, reader{stream}); err != nil {
				return toWire(ctx, log, spec.Procedure, err)
			}
			return nil
		}
	}
}

// reader marks what goes wrong while a request is read: that is the caller's doing, whatever code the protocol layer
// gives it. While an answer is sent the same codes mean that we are to blame.
type reader struct{ connect.ServerStream }

// Receive reads the next message of the request.
func (r reader) Receive(msg any) error {
	if err := r.ServerStream.Receive(msg); err != nil {
		return &unreadable{err}
	}
	return nil
}

// unreadable is an error of reading a request.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return "read the request: " + u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

func toWire(ctx context.Context, log *slog.Logger, procedure string, err error) error {
	if e := refusal(err); e != nil {
		if _, ok := codes[e.Reason]; ok {
			if retryAfter[e.Reason] > 0 { // the server's trouble, not the caller's
				log.WarnContext(ctx, "refused", "procedure", procedure, "reason", e.Reason, "err", err)
			}
			return refused(e)
		}
	}
	var invalid *protovalidate.ValidationError
	if errors.As(err, &invalid) {
		return violated(invalid)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, "canceled by the caller")
	case errors.Is(err, context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, "the caller's deadline passed")
	}
	var u *unreadable
	if errors.As(err, &u) {
		return ofRequest(procedure, u.err)
	}
	var ce *connect.Error
	if errors.As(err, &ce) && !ce.IsRemote() && ce.Code() != connect.CodeUnknown && ce.Code() != connect.CodeInternal {
		return ce
	}
	return internal(ctx, log, procedure, err)
}

// internal logs an error that no caller should see, and returns what he sees instead.
func internal(ctx context.Context, log *slog.Logger, procedure string, err error) error {
	var raw [6]byte
	_, _ = rand.Read(raw[:])
	id := hex.EncodeToString(raw[:])
	log.ErrorContext(ctx, "internal error", "id", id, "procedure", procedure, "err", err)
	return withDetails(connect.NewError(connect.CodeInternal, "internal error "+id), info("INTERNAL", map[string]string{"id": id}))
}

// ofRequest gives a request that cannot be read (an oversized body, broken JSON …) a reason of ours.
func ofRequest(procedure string, err error) error {
	var ce *connect.Error
	if errors.As(err, &ce) {
		switch ce.Code() {
		case connect.CodeResourceExhausted:
			if streams[procedure] { // most likely JSON without a frame around it, of which four letters were read as a length
				ce = connect.Errorf(ce.Code(), "%s; each message of a stream has five bytes in front, flags and its length", ce.Message())
			}
			return withDetails(ce, info(game.PayloadTooBig, nil))
		case connect.CodeInvalidArgument:
			// The decoder quotes what it could not read. Where that is no UTF-8, gRPC's details could not be read either.
			text := strings.ToValidUTF8(ce.Message(), "\ufffd")
			return withDetails(connect.NewError(ce.Code(), text), info(game.InvalidField, nil))
		case connect.CodeUnimplemented: // no message, or several
			return ce
		case connect.CodeCanceled:
			return connect.NewError(connect.CodeCanceled, "the request ends in the middle")
		case connect.CodeDeadlineExceeded:
			return connect.NewError(connect.CodeDeadlineExceeded, "the request did not come in time")
		}
	}
	// The protocol layer calls other broken requests (a wrong frame length …) unknown or internal.
	return withDetails(connect.NewError(connect.CodeInvalidArgument, "the request cannot be read"), info(game.InvalidField, nil))
}

// refusal finds the reason of an error, also where it is the store's.
func refusal(err error) *game.Error {
	var e *game.Error
	if errors.As(err, &e) {
		return e
	}
	switch {
	case errors.Is(err, server.ErrOverloaded), errors.Is(err, server.ErrConflict):
		return &game.Error{Reason: game.Overloaded, Detail: "too much is going on; repeat with the same request_id"}
	case errors.Is(err, server.ErrOutcomeUnknown):
		return &game.Error{Reason: game.OutcomeUnknown, Detail: "it may have been carried out; repeat with the same request_id", Err: err}
	case errors.Is(err, server.ErrDiskFull):
		return &game.Error{Reason: game.DiskFull, Detail: "the server cannot keep anything just now; nothing was changed", Err: err}
	case errors.Is(err, server.ErrBadPlace): // a page token made by hand
		return &game.Error{Reason: game.BadPageToken, Detail: "page_token: not one that this call answered; begin with the first page"}
	case errors.Is(err, server.ErrClosed):
		return &game.Error{Reason: game.Draining, Detail: "the server is going down; repeat with the same request_id"}
	}
	return nil
}

func refused(e *game.Error) *connect.Error {
	text := e.Detail
	if text == "" {
		text = strings.ToLower(strings.ReplaceAll(string(e.Reason), "_", " "))
	}
	var meta map[string]string
	if e.Reason == game.VersionStale {
		meta = map[string]string{"version": strconv.FormatUint(e.Version, 10), "turn": strconv.FormatUint(e.Turn, 10)}
	}
	details := []proto.Message{info(e.Reason, meta)}
	if d := retryAfter[e.Reason]; d > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(d)})
	}
	if e.Reason == game.InvalidField {
		if field, _, ok := strings.Cut(e.Detail, ":"); ok && !strings.Contains(field, " ") {
			details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
				{Field: field, Description: text},
			}})
		}
	}
	return withDetails(connect.NewError(codes[e.Reason], text), details...)
}

// violated tells which fields break the annotations of the proto.
func violated(v *protovalidate.ValidationError) error {
	bad := &errdetails.BadRequest{}
	var texts []string
	for _, x := range v.Violations {
		field := protovalidate.FieldPathString(x.Proto.GetField())
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: field, Description: x.Proto.GetMessage(),
		})
		texts = append(texts, field+": "+x.Proto.GetMessage())
	}
	return withDetails(connect.NewError(connect.CodeInvalidArgument, strings.Join(texts, "; ")), info(game.InvalidField, nil), bad)
}

func info(reason game.Reason, meta map[string]string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: string(reason), Domain: Domain, Metadata: meta}
}

func withDetails(e *connect.Error, details ...proto.Message) *connect.Error {
	for _, d := range details {
		if detail, err := connectproto.NewErrorDetail(d); err == nil {
			e = e.WithDetail(detail)
		}
	}
	return e
}
