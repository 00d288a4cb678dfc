package samples

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/rules"
)

// A capture that ends early holds less evidence of the same events. What is said of a connection may then be less, never more: no accusation
// or blame that the whole capture does not bear out, and none that is surer. A connection that looks clean or undecided so far is no
// contradiction: its trouble is yet to come.

// every is how many records lie between two cuts; CI tries every one.
func every() int {
	if os.Getenv("CI") != "" {
		return 1
	}
	return 5
}

func TestTruncatedCapture(t *testing.T) {
	for _, ticket := range tickets(t) {
		for i := range 2 {
			t.Run(filepath.Dir(ticket)+"/"+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				data := gunzip(t, member(t, ticket, i))
				whole := judged(t, data)
				for k, n := range records(data) {
					if k%every() == 0 {
						compare(t, n, whole, judged(t, data[:n]))
					}
					if within := n + n%97; k%(10*every()) == 0 && within < len(data) {
						compare(t, within, whole, judged(t, data[:within]))
					}
				}
			})
		}
	}
}

// TestTruncatedEnd cuts the capture of one end while the other stays whole: what the one no longer holds was not for that reason never sent.
func TestTruncatedEnd(t *testing.T) {
	for _, ticket := range tickets(t) {
		for i := range 2 {
			t.Run(filepath.Dir(ticket)+"/"+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				ends := [2][]byte{gunzip(t, member(t, ticket, 0)), gunzip(t, member(t, ticket, 1))}
				whole, data := judged(t, ends[0], ends[1]), ends[i]
				for k, n := range records(data) {
					if k%(8*every()) == 0 {
						ends[i] = data[:n]
						compare(t, n, whole, judged(t, ends[0], ends[1]))
					}
				}
			})
		}
	}
}

// place is where a connection is found again: a capture, and the first frame and the addresses in it.
type place struct {
	capture        int
	frame          uint32
	client, server flow.Endpoint
}

func placeOf(s *analyzer.Sighting) place {
	c, v := s.Half[flow.Client].Endpoint, s.Half[flow.Server].Endpoint
	if v.Port > c.Port || v.Port == c.Port && bytes.Compare(v.IP[:], c.IP[:]) > 0 { // which is the client may be learnt late
		c, v = v, c
	}
	return place{s.Capture, s.FirstFrame, c, v}
}

// judged analyses captures as one ticket and gives the connections by every place where they are seen.
func judged(t *testing.T, captures ...[]byte) map[place]*analyzer.Conn {
	t.Helper()
	var inputs []analyzer.Input
	for _, b := range captures {
		inputs = append(inputs, analyzer.Input{Name: "capture", Size: int64(len(b)), ReaderAt: bytes.NewReader(b)})
	}
	c, err := analyzer.Analyze(context.Background(), "ticket", inputs, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[place]*analyzer.Conn)
	for _, f := range c.Flows {
		for i := range f.Seen {
			m[placeOf(&f.Seen[i])] = f
		}
	}
	return m
}

func compare(t *testing.T, n int, whole, cut map[place]*analyzer.Conn) {
	t.Helper()
	for p, f := range cut {
		w := whole[p]
		switch {
		case f.Class == analyzer.Clean || f.Class == analyzer.Inconclusive:
		case w == nil:
			t.Errorf("cut at %d: %v: %s %s, and the whole capture does not hold it", n, p, f.Class, f.Cause)
		case f.Class != w.Class:
			t.Errorf("cut at %d: %v - %v: %s %s (%.4f), by the whole capture %s %s", n, f.Client(), f.Server(), f.Class, f.Cause, f.Confidence, w.Class, w.Cause)
		case f.HasBlame && w.HasBlame && f.Blame != w.Blame:
			t.Errorf("cut at %d: %v - %v: %s %s blames another end than by the whole capture, %s", n, f.Client(), f.Server(), f.Class, f.Cause, w.Cause)
		case f.Cause != w.Cause && f.Class == analyzer.Middlebox && !(f.Cause == analyzer.Blackhole && w.Cause == analyzer.PMTUBlackhole): // what vanishes, and not yet that small ones pass
			t.Errorf("cut at %d: %v - %v: %s %s, by the whole capture %s", n, f.Client(), f.Server(), f.Class, f.Cause, w.Cause)
		case f.Confidence > w.Confidence+1e-9:
			t.Errorf("cut at %d: %v - %v: %s %s is surer: %.4f, by the whole capture %.4f", n, f.Client(), f.Server(), f.Class, f.Cause, f.Confidence, w.Confidence)
		}
	}
}

// records gives where the records of a capture end.
func records(data []byte) []int {
	var ends []int
	order := binary.ByteOrder(binary.LittleEndian)
	if bytes.HasPrefix(data, []byte{0x0a, 0x0d, 0x0d, 0x0a}) { // pcapng: blocks of type and length
		if data[8] == 0x1a {
			order = binary.BigEndian
		}
		for n := 0; n+8 <= len(data); ends = append(ends, n) {
			n += int(order.Uint32(data[n+4:]))
		}
		return ends
	}
	if data[0] == 0xa1 {
		order = binary.BigEndian
	}
	for n := 24; n+16 <= len(data); ends = append(ends, n) {
		n += 16 + int(order.Uint32(data[n+8:]))
	}
	return ends
}
