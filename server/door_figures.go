package server

import "sync/atomic"

// doorFigures count the doors that are open.
type doorFigures struct {
	wait, stream, watch atomic.Int64
	// ended is told of each door that was closed; it must not block.
	ended func(door Door, why string)
}

func (f *doorFigures) of(d Door) *atomic.Int64 {
	switch d {
	case DoorWait:
		return &f.wait
	case DoorStream:
		return &f.stream
	}
	return &f.watch
}

func (f *doorFigures) opened(d Door) { f.of(d).Add(1) }

func (f *doorFigures) closed(d Door, why string) {
	f.of(d).Add(-1)
	f.ended(d, why)
}

// OpenDoors counts the doors of a kind that are open.
func (s *Service) OpenDoors(d Door) int { return int(s.doors.of(d).Load()) }

// Drain ends all doors with a hint when to come back, and refuses new ones. Other calls go on.
func (s *Service) Drain() { s.feed.Drain() }
