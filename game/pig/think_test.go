package pig_test

import (
	"math"
	"testing"

	"yourmove/game/pig"
)

func TestImagineRefuses(t *testing.T) {
	for _, view := range []string{
		`{"target":100,"scores":{"1":0,"2":0},"next":3,"turn_total":0}`,
		`{"target":100,"scores":{"1":0,"2":0},"turn_total":0}`,
		`{"target":100,"scores":{"1":0,"2":-1},"next":1,"turn_total":0}`,
		`{"target":100,"scores":{"1":0,"2":0},"next":1,"turn_total":-1}`,
		`{"target":9,"scores":{"1":0,"2":0},"next":1,"turn_total":0}`,
		`{"target":100,"scores":{},"next":1,"turn_total":0}`,
		`{"target":100,"scores":{"one":0},"next":1,"turn_total":0}`,
	} {
		if p, err := (pig.Rules{}).Imagine([]byte(view), 1, nil); err == nil {
			t.Errorf("%s was taken for %v", view, p)
		}
	}
}

// TestEstimate: all hopes together are one win; points, the turn and what was rolled in it all raise them.
func TestEstimate(t *testing.T) {
	var r pig.Rules
	even := at(t, 100, "[1,2,4]", "[30,30,30]", 1, 0)
	sum := 0.0
	for _, seat := range []int{1, 2, 4} {
		sum += r.Estimate(even, seat)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("three hopes add up to %v", sum)
	}
	if a, b := r.Estimate(even, 2), r.Estimate(even, 1); a <= b {
		t.Errorf("who has the turn may hope for %v, another for %v", a, b)
	}
	if a, b := r.Estimate(at(t, 100, "[1,2,4]", "[30,30,30]", 1, 12), 2), r.Estimate(even, 2); a <= b {
		t.Errorf("with 12 rolled %v, with nothing %v", a, b)
	}
	if a, b := r.Estimate(at(t, 100, "[1,2,4]", "[31,30,30]", 1, 0), 1), r.Estimate(even, 1); a <= b {
		t.Errorf("with 31 points %v, with 30 %v", a, b)
	}
	if v := r.Estimate(at(t, 100, "[1,2]", "[0,5000]", 0, 0), 1); v <= 0 || math.IsNaN(v) {
		t.Errorf("far behind: %v", v)
	}
}
