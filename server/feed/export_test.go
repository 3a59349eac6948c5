package feed

// Keys counts the players and matches that the feed remembers.
func (f *Feed) Keys() (n int) {
	for i := range shards {
		n += keys(&f.players[i]) + keys(&f.matches[i])
	}
	return n
}

func keys[K comparable](s *shard[K]) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.waiters)
}
