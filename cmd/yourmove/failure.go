package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"unicode"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// advised is a failure of which the command knows better than the error what happened and what to do.
type advised struct {
	err          error
	says, advice string
}

// Error says both.
func (e *advised) Error() string { return e.says + "; " + e.advice }

// Unwrap returns the cause.
func (e *advised) Unwrap() error { return e.err }

// explain says in one line what failed, with the code and the reason that the server gave, and what to do about it.
func explain(err error) string {
	var known *advised
	var refused *connect.Error
	switch {
	case errors.As(err, &known):
		return oneLine(known.Error())
	case !errors.As(err, &refused):
		return oneLine(err.Error())
	}
	// Where it happened, if somebody on the way said so.
	where, _ := strings.CutSuffix(err.Error(), refused.Error())
	if where == err.Error() {
		where = ""
	}
	said := where + codeName(refused.Code())
	reason := reasonOf(refused)
	if reason != "" {
		said += " (" + reason + ")"
	}
	message := refused.Message()
	if message == "" && refused.Unwrap() != nil {
		message = refused.Unwrap().Error()
	}
	if message != "" {
		said += ": " + message
	}
	if advice := adviceFor(reason, refused.Code()); advice != "" {
		said += "; " + advice
	}
	return oneLine(said)
}

// reasonOf returns the reason among an error's details, empty if there is none of ours.
func reasonOf(err *connect.Error) string {
	for _, d := range err.Details() {
		msg, unmarshalErr := connectproto.UnmarshalErrorDetail(d)
		if info, ok := msg.(*errdetails.ErrorInfo); ok && unmarshalErr == nil && info.GetDomain() == "yourmove" {
			return info.GetReason()
		}
	}
	return ""
}

// adviceFor says what somebody at a command line can do, by reason where it is known and else by code.
func adviceFor(reason string, code connect.Code) string {
	switch reason {
	case "NO_SUCH_MATCH":
		return `"yourmove match list" shows which there are`
	case "NO_SUCH_PLAYER":
		return `"yourmove player list" shows which there are`
	case "MATCH_FINISHED":
		return "there is nothing left to change in it"
	case "BAD_PAGE_TOKEN":
		return "begin again without --page-token"
	case "RATE_LIMITED", "QUOTA":
		return "wait, or mark the player as a bot, which raises what it may do"
	case "OUTCOME_UNKNOWN":
		return "look whether it was carried out before you repeat it"
	case "DISK_FULL":
		return "make room on the server's disk"
	}
	switch code {
	case connect.CodeUnavailable:
		return "try again in a moment"
	case connect.CodeDeadlineExceeded:
		return "the server did not answer in time; look at its log and its load"
	case connect.CodeInternal:
		return "the server's log has the details"
	case connect.CodeUnauthenticated:
		return "sign in again"
	}
	return ""
}

// codeName writes a code as the documentation does: NOT_FOUND.
func codeName(code connect.Code) string { return strings.ToUpper(code.String()) }

// oneLine keeps a text on one line, so that scripts and logs can rely on it, and control characters out of terminals.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
}

// interrupted says whether the user ended the command.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || connect.CodeOf(err) == connect.CodeCanceled)
}

// isUnreachable says whether nothing listens where a call went.
func isUnreachable(err error) bool {
	var dial *net.OpError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dial) && dial.Op == "dial"
}

// publicFailure adds to an error of calls on the public listener where there was none.
func publicFailure(err error, server string) error {
	switch {
	case err == nil:
		return nil
	case isUnreachable(err):
		return &advised{err: err, says: fmt.Sprintf("no server answers at %s", server),
			advice: `start one with "yourmoved serve --data DIR --listen HOST:PORT", or give its address with --server`}
	}
	return err
}
