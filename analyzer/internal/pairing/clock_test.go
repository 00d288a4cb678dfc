package pairing

import "testing"

const ms = int64(1e6)

// handshake adds one that begins at a time of the client's clock, with the ways there and back, where the server's clock is ahead by offset.
func handshake(c *Clock, at, there, back, offset int64) {
	c.Add(at, at+there+offset, at+there+back+ms, at+there+ms+offset)
}

func TestClockBounds(t *testing.T) {
	tests := []struct {
		name    string
		offset  func(at int64) int64
		there   int64
		back    int64
		steps   int
		widest  int64
		reverse bool // the second capture is the client's
	}{
		{"even ways", func(int64) int64 { return 700 * ms }, 20 * ms, 20 * ms, 0, 41 * ms, false},
		{"uneven ways", func(int64) int64 { return -3600_000 * ms }, 90 * ms, 5 * ms, 0, 96 * ms, false},
		{"a year ahead", func(int64) int64 { return 365 * 86_400_000 * ms }, 20 * ms, 20 * ms, 0, 41 * ms, false},
		{"drift of 200 ppm", func(at int64) int64 { return at / 5000 }, 20 * ms, 20 * ms, 0, 60 * ms, false},
		{"a step of a second", func(at int64) int64 {
			if at > 30_000*ms {
				return 1000 * ms
			}
			return 0
		}, 20 * ms, 20 * ms, 1, 41 * ms, false},
		{"the server's capture first", func(int64) int64 { return 700 * ms }, 20 * ms, 20 * ms, 0, 41 * ms, true},
	}
	for _, tt := range tests {
		var c Clock
		for at := int64(0); at < 60_000*ms; at += 2000 * ms {
			if tt.reverse {
				o := tt.offset(at)
				c.Add(at+tt.there+o, at, at+tt.there+ms+o, at+tt.there+tt.back+ms)
			} else {
				handshake(&c, at, tt.there, tt.back, tt.offset(at))
			}
		}
		for at := int64(0); at < 60_000*ms; at += 2000 * ms {
			want, ask := tt.offset(at), at
			if tt.reverse {
				want, ask = -want, at+tt.there+want
			}
			low, high, ok := c.Bounds(ask)
			if !ok || want < low || want > high || high-low > tt.widest {
				t.Errorf("%s, at %d s: %d to %d ms, want %d ms within, and no more than %d ms wide", tt.name, at/1000/ms, low/ms, high/ms, want/ms, tt.widest/ms)
				break
			}
		}
		if got := c.Steps(); got != tt.steps {
			t.Errorf("%s: %d steps, want %d", tt.name, got, tt.steps)
		}
	}
	var none Clock
	if _, _, ok := none.Bounds(0); ok {
		t.Error("a clock without a handshake knows bounds")
	}
}

func TestClockDrift(t *testing.T) {
	var c Clock
	for at := int64(0); at < 60_000*ms; at += 1000 * ms {
		handshake(&c, at, 20*ms, 30*ms, 5*ms+at/5000)
	}
	if ppm, ok := c.Drift(); !ok || ppm < 199 || ppm > 201 {
		t.Errorf("drift %.1f, %v; want 200 ppm", ppm, ok)
	}
	var few Clock
	handshake(&few, 0, 1, 1, 0)
	if _, ok := few.Drift(); ok {
		t.Error("one handshake tells a drift")
	}
}

func TestClockStaysSmall(t *testing.T) {
	var c Clock
	for at := int64(0); at < 3*maxSamples; at++ {
		handshake(&c, at*ms, 20*ms, 20*ms, 0)
	}
	if c.Handshakes() > maxSamples {
		t.Errorf("%d samples are kept, more than %d", c.Handshakes(), maxSamples)
	}
	if low, high, _ := c.Bounds(10 * ms); low > 0 || high < 0 || high-low > 42*ms {
		t.Errorf("%d to %d: want 0 within", low, high)
	}
}
