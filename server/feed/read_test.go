package feed_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"yourmove/server/feed"
)

// memory is a log as the store keeps it: what is committed is there before anybody is woken.
type memory struct {
	mu   sync.Mutex // guards last
	last int        // commits are numbered from 1
	f    *feed.Feed
}

func (m *memory) commit() {
	m.mu.Lock()
	m.last++
	m.mu.Unlock()
	m.f.WakePlayer(anna)
}

func (m *memory) after(n int) (list []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n++; n <= m.last; n++ {
		list = append(list, n)
	}
	return list
}

// reader is the loop of the doors: join, read, wait. at is called at each of its steps.
type reader struct {
	log *memory
	at  func(step string)
	// late turns join and read around, which is wrong.
	late bool

	mu    sync.Mutex // guards heard
	heard []int
}

// The steps, in order. At "waiting" nothing can be injected from inside: the test does it from outside.
var steps = []string{"before joining", "joined", "reading", "read", "told", "waiting"}

func (r *reader) run() feed.Reason {
	r.at("before joining")
	var w *feed.Waiter
	if !r.late {
		w = r.log.f.Inbox(anna, session(1))
		defer w.Leave()
	}
	r.at("joined")
	for cursor := 0; ; {
		list := r.log.after(cursor)
		r.at("reading") // the snapshot was taken, and has not been answered yet
		for _, n := range list {
			r.mu.Lock()
			r.heard = append(r.heard, n)
			r.mu.Unlock()
			cursor = n
		}
		r.at("read")
		if w == nil {
			w = r.log.f.Inbox(anna, session(1))
			defer w.Leave()
		}
		if reason := w.Reason(); reason != feed.Waiting {
			return reason
		}
		r.at("told")
		<-w.C
	}
}

func (r *reader) told() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.heard)
}

// read runs a reader in a bubble and injects so many commits at each of the steps, the first two times that it comes
// there. It returns what was committed and what the reader has heard once everything stands still.
func read(t *testing.T, late bool, inject map[string]int) (committed, heard int) {
	synctest.Test(t, func(t *testing.T) {
		log := &memory{f: new(feed.Feed)}
		times := map[string]int{}
		r := &reader{log: log, late: late, at: func(step string) {
			if times[step]++; times[step] <= 2 {
				for range inject[step] {
					log.commit()
				}
			}
		}}
		left := make(chan feed.Reason, 1)
		go func() { left <- r.run() }()
		synctest.Wait() // it waits, and nobody will wake it
		for range inject["waiting"] {
			log.commit()
			synctest.Wait()
		}
		committed, heard = log.last, r.told()
		for i, n := range r.heard {
			if n != i+1 {
				t.Errorf("it heard %v", r.heard)
				break
			}
		}
		log.f.EndSession(anna, session(1)) // no commit: whoever hears of one only now has missed its wake
		if got := <-left; got != feed.Ended {
			t.Errorf("it left for %d", got)
		}
		if n := log.f.Keys(); n != 0 {
			t.Errorf("the feed still knows %d", n)
		}
	})
	return committed, heard
}

// TestJoinThenReadMissesNothing commits at every set of steps between joining and waiting, once and several times.
func TestJoinThenReadMissesNothing(t *testing.T) {
	for set := range 1 << len(steps) {
		for _, n := range []int{1, 3} {
			inject := map[string]int{}
			for i, step := range steps {
				if set&(1<<i) != 0 {
					inject[step] = n
				}
			}
			t.Run(fmt.Sprintf("%06b×%d", set, n), func(t *testing.T) {
				if committed, heard := read(t, false, inject); heard != committed {
					t.Errorf("%d commits at %v: it heard %d", committed, inject, heard)
				}
			})
		}
	}
}

// The control: who reads before he joins waits for what has come already.
func TestReadingBeforeJoiningIsNoticed(t *testing.T) {
	if committed, heard := read(t, true, map[string]int{"reading": 1}); heard == committed {
		t.Error("a reader that joins too late misses nothing: the test does not bite")
	}
}

// TestEndAtEveryStep ends the session at each step, once the reader has joined: it goes, and does not wait for ever.
func TestEndAtEveryStep(t *testing.T) {
	for _, step := range steps[1:] {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &memory{f: new(feed.Feed)}
				var once sync.Once
				end := func() { once.Do(func() { log.f.EndSession(anna, session(1)) }) }
				r := &reader{log: log, at: func(s string) {
					if s == step {
						end()
					}
				}}
				left := make(chan feed.Reason, 1)
				go func() { left <- r.run() }()
				if step == "waiting" {
					synctest.Wait()
					end()
				}
				if got := <-left; got != feed.Ended {
					t.Errorf("it left for %d", got)
				}
			})
		})
	}
}
