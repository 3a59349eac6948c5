package daemon

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"yourmove/server"
	"yourmove/server/rpc"
)

// metrics are what Prometheus reads. Each server has its own registry, so that several can live in one process.
type metrics struct {
	registry *prometheus.Registry
	calls    *prometheus.HistogramVec
	turns    *prometheus.CounterVec
	ended    *prometheus.CounterVec
	doors    *prometheus.CounterVec
	events   prometheus.Counter
	turned   atomic.Uint64
	store    Store
}

func newMetrics(store Store) *metrics {
	m := &metrics{
		store:    store,
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "yourmove_call_seconds", Help: "How long calls took.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"procedure", "code"}),
		turns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yourmove_turns_total", Help: "Turns taken.",
		}, []string{"game"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yourmove_matches_ended_total", Help: "Matches that came to an end.",
		}, []string{"game", "state"}),
		doors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "yourmove_doors_ended_total", Help: "Streams and waits for events that ended, by what ended them.",
		}, []string{"door", "reason"}),
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "yourmove_events_told_total", Help: "Events told, by all doors.",
		}),
	}
	m.registry.MustRegister(
		m.calls, m.turns, m.ended, m.doors, m.events, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// watch adds the figures that are read from the store when they are asked for.
func (m *metrics) watch(s *server.Service) { m.registry.MustRegister(storeCollector{m.store, s}) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) call(procedure, code string, took time.Duration) {
	m.calls.WithLabelValues(procedure, code).Observe(took.Seconds())
}

func (m *metrics) happened(h server.Happened) {
	if h.Turns > 0 {
		m.turns.WithLabelValues(h.Game).Add(float64(h.Turns))
		m.turned.Add(uint64(h.Turns))
	}
	if h.After.Over() && !h.Before.Over() {
		m.ended.WithLabelValues(h.Game, h.After.String()).Inc()
	}
}

func (m *metrics) doorEnded(door server.Door, why string) {
	m.doors.WithLabelValues(string(door), why).Inc()
}

func (m *metrics) told(events int) { m.events.Add(float64(events)) }

func (m *metrics) counters() rpc.Counters {
	return rpc.Counters{Commits: m.store.Figures().Commits, Turns: m.turned.Load()}
}

// storeCollector reads the store's figures when Prometheus asks.
type storeCollector struct {
	store Store
	s     *server.Service
}

var (
	descCommits   = prometheus.NewDesc("yourmove_store_commits_total", "Commits kept.", nil, nil)
	descConflicts = prometheus.NewDesc("yourmove_store_conflicts_total", "Commits refused because what they were decided on had changed.", nil, nil)
	descBatches   = prometheus.NewDesc("yourmove_store_batches_total", "Transactions that commits were grouped into.", nil, nil)
	descSeconds   = prometheus.NewDesc("yourmove_store_commit_seconds_total", "Time spent in transactions, syncing included.", nil, nil)
	descQueue     = prometheus.NewDesc("yourmove_store_queue", "Commits that wait.", nil, nil)
	descFile      = prometheus.NewDesc("yourmove_store_file_bytes", "Size of the database file.", nil, nil)
	descPlayers   = prometheus.NewDesc("yourmove_players", "Players.", nil, nil)
	descMatches   = prometheus.NewDesc("yourmove_matches", "Matches by game, version of its ruleset and state.", []string{"game", "ruleset", "state"}, nil)
	descDoors     = prometheus.NewDesc("yourmove_doors_open", "Streams and waits for events that are open.", []string{"door"}, nil)
	descMissing   = prometheus.NewDesc("yourmove_ruleset_missing_matches", "Matches not over whose ruleset this server lacks.", []string{"game", "ruleset"}, nil)
)

// Describe tells nothing: which figures there are depends on what is in the store.
func (c storeCollector) Describe(chan<- *prometheus.Desc) {}

// Collect reads the figures.
func (c storeCollector) Collect(out chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	did := c.store.Figures()
	counter(descCommits, float64(did.Commits))
	counter(descConflicts, float64(did.Conflicts))
	counter(descBatches, float64(did.Batches))
	counter(descSeconds, did.BatchTime.Seconds())
	gauge(descQueue, float64(did.Queue))
	for _, d := range []server.Door{server.DoorWait, server.DoorStream, server.DoorWatch} {
		gauge(descDoors, float64(c.s.OpenDoors(d)), string(d))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	st, err := c.s.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(descFile, err)
		return
	}
	gauge(descFile, float64(st.Counts.FileBytes))
	gauge(descPlayers, float64(st.Counts.Players))
	for _, m := range st.Counts.Matches {
		gauge(descMatches, float64(m.N), m.Game, strconv.Itoa(m.Ruleset), m.State.String())
	}
	missing := map[[2]string]uint64{}
	for _, m := range st.Missing {
		missing[[2]string{m.Game, strconv.Itoa(m.Ruleset)}] += m.N
	}
	for k, n := range missing {
		gauge(descMissing, float64(n), k[0], k[1])
	}
}
