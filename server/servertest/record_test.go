package servertest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// record keeps everything that was answered, in both encodings, and what was logged. Any number of goroutines may write.
type record struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.data.Write(p)
}

func (r *record) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
}

// message adds an answer.
func (r *record) message(m proto.Message) {
	wire, _ := proto.Marshal(m)
	text, _ := protojson.Marshal(m)
	_, _ = r.Write(append(append(wire, '\n'), append(text, '\n')...))
}

// failure adds an error with its details.
func (r *record) failure(err error) {
	_, _ = r.Write([]byte(err.Error() + "\n"))
	var e *connect.Error
	if errors.As(err, &e) {
		for _, d := range e.Details() {
			_, _ = r.Write(append(d.Value, d.Debug...))
		}
	}
}

// listen records all that a client's calls are answered.
func (r *record) listen(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		st, err := next(ctx, spec)
		if err != nil {
			r.failure(err)
			return nil, err
		}
		return heard{st, r}, nil
	}
}

type heard struct {
	connect.ClientStream
	r *record
}

func (h heard) Receive(msg any) error {
	err := h.ClientStream.Receive(msg)
	if m, ok := msg.(proto.Message); err == nil && ok {
		h.r.message(m)
	} else if err != nil {
		h.r.failure(err)
	}
	return err
}

// has reports which of the texts occurs in what was recorded.
func (r *record) has(texts ...string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range texts {
		if bytes.Contains(r.data.Bytes(), []byte(text)) {
			return text, true
		}
	}
	return "", false
}

// without fails the test if one of the texts was recorded.
func (r *record) without(t testing.TB, what string, texts ...string) {
	t.Helper()
	if text, ok := r.has(texts...); ok {
		t.Errorf("%s was told: %q", what, text)
	}
}

// shapes lists how a secret could be written: raw, hex, base64; each half of it, too.
func shapes(secret []byte) []string {
	var list []string
	for _, b := range [][]byte{secret[:len(secret)/2], secret[len(secret)/2:]} {
		list = append(list, string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)))
	}
	// Base64 goes by threes of bytes: only the beginning can be looked for alone.
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		list = append(list, enc.EncodeToString(secret[:len(secret)/2/3*3]))
	}
	return list
}
