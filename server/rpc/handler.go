package rpc

import (
	"compress/gzip"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectgzip"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"connectrpc.com/cors"
	"connectrpc.com/grpcreflect/v2"
	"connectrpc.com/validate"

	"yourmove/game"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server"
	"yourmove/server/aside"
	"yourmove/server/auth"
)

// Limits of a request, in bytes once decoded, and of what is read from the network for it.
const (
	maxRequest = 256 << 10
	maxBody    = maxRequest + 64<<10 // frames, and JSON that decodes to less
)

// Config is what the handlers are made of.
type Config struct {
	Service *server.Service
	Access  *auth.Access
	Revoked *auth.Revoked
	Now     func() time.Time
	Log     *slog.Logger
	// Observe is told of each call once it ended.
	Observe func(procedure string, code string, took time.Duration)
	// Reflection serves gRPC's server reflection.
	Reflection bool
	// WriteTimeout is how long a client may leave a message of a stream where it is; 0: the usual time.
	WriteTimeout time.Duration
	// Counters are told by the admin service.
	Counters func() Counters
}

// public are the calls that need no token.
var public = map[string]bool{
	yourmovev1connect.PlayerServiceSignInProcedure:         true,
	yourmovev1connect.PlayerServiceRefreshSessionProcedure: true,
	yourmovev1connect.MatchServiceListGamesProcedure:       true,
}

// NewServer returns the players' services behind their interceptors: observe, errors, authentication, validation. The
// token is checked before the body is read, so that who has none costs next to nothing.
func NewServer(c Config) (*connect.Server, error) {
	check, err := validator()
	if err != nil {
		return nil, err
	}
	open := public
	if c.Reflection {
		open = withReflection(public)
	}
	srv := connect.NewServer(
		observe(c.Observe), noStore, ErrorInterceptor(c.Log),
		auth.Interceptor(c.Access, c.Revoked, c.Now, open), check, keepShallow,
	)
	yourmovev1connect.RegisterPlayerServiceHandler(srv, Players{c.Service})
	yourmovev1connect.RegisterMatchServiceHandler(srv, Matches{c.Service})
	yourmovev1connect.RegisterEventServiceHandler(srv, Events{c.Service, c.WriteTimeout})
	if c.Reflection {
		grpcreflect.Register(srv)
	}
	return srv, nil
}

// NewAdminServer returns the operators' services. Whoever reaches their listener is an operator.
func NewAdminServer(c Config) (*connect.Server, error) {
	check, err := validator()
	if err != nil {
		return nil, err
	}
	srv := connect.NewServer(observe(c.Observe), noStore, ErrorInterceptor(c.Log), check)
	adminv1connect.RegisterAdminServiceHandler(srv, Admin{c.Service, c.Counters})
	grpcreflect.Register(srv)
	return srv, nil
}

// validator checks requests against the annotations of the proto. Its errors carry our own details.
func validator() (connect.ServerInterceptor, error) {
	v, err := protovalidate.New()
	if err != nil {
		return nil, err
	}
	return validate.NewServerInterceptor(validate.WithValidator(v), validate.WithoutErrorDetails()), nil
}

func withReflection(open map[string]bool) map[string]bool {
	all := map[string]bool{
		"/" + grpcreflect.ReflectV1ServiceName + "/ServerReflectionInfo":      true,
		"/" + grpcreflect.ReflectV1AlphaServiceName + "/ServerReflectionInfo": true,
	}
	for p := range open {
		all[p] = true
	}
	return all
}

// Mount puts the services onto a mux, within the limits of a request.
func Mount(mux connecthttp.ServeMux, srv *connect.Server) {
	// A mistyped field or enumeration in JSON is refused. Connect would leave it out, and a match that was to be
	// "INVITED" instead of "ACCESS_INVITED" would be public.
	strict := connectproto.NewJSONCodec()
	strict.UnmarshalOptions.DiscardUnknown = false
	// The fastest level: the default one makes a long list 7 % smaller in protobuf and 14 % in JSON, for three times the time.
	connecthttp.Mount(bounded{mux}, srv, connecthttp.WithReadMaxBytes(maxRequest), connecthttp.WithCompressMinBytes(1024),
		connecthttp.WithCompressors(connectgzip.New(connectgzip.WithLevel(gzip.BestSpeed))),
		connecthttp.WithCodecs(connectproto.NewBinaryCodec(), strict))
}

// bounded bounds what is read from the network for a request: ReadMaxBytes alone would go on inflating a compressed
// bomb to tell how large it is.
type bounded struct{ connecthttp.ServeMux }

func (b bounded) Handle(pattern string, h http.Handler) {
	for _, service := range []string{yourmovev1connect.EventServiceName, adminv1connect.AdminServiceName} {
		if strings.Contains(pattern, service) {
			b.ServeMux.Handle(pattern, shallow(withDeadlines(h)))
			return
		}
	}
	b.ServeMux.Handle(pattern, shallow(http.MaxBytesHandler(h, maxBody)))
}

// shallow keeps the goroutine of a connection of HTTP/1.1 from going deep for one call, because the next one may wait for
// long on it. (A call of HTTP/2 has a goroutine of its own.)
func shallow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && !waiting[r.URL.Path] {
			aside.Do(func() { next.ServeHTTP(w, r) })
			return
		}
		next.ServeHTTP(w, r)
	})
}

// AllowAnyOrigin lets pages of any origin call, for development.
func AllowAnyOrigin(next http.Handler) http.Handler {
	join := func(list []string) string {
		s := ""
		for i, x := range list {
			if i > 0 {
				s += ", "
			}
			s += x
		}
		return s
	}
	methods, allowed := join(cors.AllowedMethods()), join(append(cors.AllowedHeaders(), "Authorization"))
	exposed := join(cors.ExposedHeaders())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
			h.Set("Access-Control-Expose-Headers", exposed)
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", methods)
				h.Set("Access-Control-Allow-Headers", allowed)
				h.Set("Access-Control-Max-Age", "7200")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// waiting are the calls that may wait for long.
var waiting = map[string]bool{
	yourmovev1connect.EventServiceWaitEventsProcedure:   true,
	yourmovev1connect.EventServiceStreamEventsProcedure: true,
	yourmovev1connect.EventServiceWatchMatchProcedure:   true,
}

// streams are the calls that are answered by many messages.
var streams = map[string]bool{
	yourmovev1connect.EventServiceStreamEventsProcedure: true,
	yourmovev1connect.EventServiceWatchMatchProcedure:   true,
	adminv1connect.AdminServiceWatchEventsProcedure:     true,
}

// keepShallow lets other goroutines read, validate and write the messages of a call that may wait for long: else its
// stack would grow for them and stay as large. It has to come after the validation.
func keepShallow(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		if waiting[spec.Procedure] {
			stream = shallowStream{stream, streams[spec.Procedure]}
		}
		return next(ctx, spec, stream)
	}
}

// shallowStream does its work aside.
type shallowStream struct {
	connect.ServerStream
	// many: it is answered by many messages, and the service sees to it that they are sent aside.
	many bool
}

// Receive reads the next message of the request.
func (s shallowStream) Receive(msg any) (err error) {
	aside.Do(func() { err = s.ServerStream.Receive(msg) })
	return err
}

// Send writes the next message of the answer.
func (s shallowStream) Send(msg any) (err error) {
	if s.many {
		return s.ServerStream.Send(msg)
	}
	aside.Do(func() { err = s.ServerStream.Send(msg) })
	return err
}

// noStore keeps answers to reads out of caches: they are one player's.
func noStore(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		if info, ok := connect.CallInfoForServerContext(ctx); ok {
			info.ResponseHeader().Set("Cache-Control", "no-store")
		}
		return next(ctx, spec, stream)
	}
}

func observe(tell func(string, string, time.Duration)) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		if tell == nil {
			return next
		}
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			start := time.Now() // how long a call took is the machine's business, not the game's clock
			err := next(ctx, spec, stream)
			code := "ok"
			if err != nil {
				code = connect.CodeOf(err).String()
			}
			tell(spec.Procedure, code, time.Since(start))
			return err
		}
	}
}

// caller returns who calls; the interceptor has made sure that it is known.
func caller(ctx context.Context) server.Caller {
	claims, _ := auth.ClaimsFrom(ctx)
	return server.Caller{Player: claims.Player, Session: claims.Session, Expires: claims.Expires}
}

// Reasons lists every reason that an answer may carry, for documentation and tests.
func Reasons() []game.Reason {
	var list []game.Reason
	for r := range codes {
		list = append(list, r)
	}
	return list
}

// Code returns the code that a reason is told with.
func Code(r game.Reason) connect.Code { return codes[r] }
