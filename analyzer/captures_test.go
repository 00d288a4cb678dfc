package analyzer_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/rules"
)

// manyCaptures analyses n captures of one connection.
func manyCaptures(t *testing.T, n int, limits analyzer.Limits) *analyzer.Case {
	t.Helper()
	s, err := analyzertest.ParsePkt("many", []byte("flow 192.0.2.10:51000 > 198.51.100.20:443\n0.000 C SYN\n0.030 S SYN,ACK\n0.031 C ACK\n0.032 C PSH,ACK len=100\n0.063 S RST\n"))
	if err != nil {
		t.Fatal(err)
	}
	built, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	var inputs []analyzer.Input
	for i := range n {
		inputs = append(inputs, analyzer.Input{Name: fmt.Sprintf("host%c.pcap", 'a'+i), Size: int64(len(built[0].Bytes)), ReaderAt: bytes.NewReader(built[0].Bytes)})
	}
	c, err := analyzer.Analyze(context.Background(), "test", inputs, rules.All(), &analyzer.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func said(c *analyzer.Case, part string) bool {
	for _, v := range c.Caveats {
		if v.Partial && strings.Contains(v.Text.String(), part) {
			return true
		}
	}
	return false
}

func TestMaxCaptures(t *testing.T) {
	for _, most := range []int{4, 5, 6} {
		c := manyCaptures(t, 5, analyzer.Limits{MaxCaptures: most})
		left := 0
		for _, m := range c.Members {
			if m.Kind == analyzer.KindUnreadable && strings.Contains(m.Why.String(), "--max-captures") {
				left++
			}
		}
		if want := max(0, 5-most); left != want || len(c.Captures) != 5-want || len(c.Members) != 5 || said(c, fmt.Sprintf("%d of them were not read", want)) != (want > 0) {
			t.Errorf("5 captures of at most %d: %d read, %d left out; %v", most, len(c.Captures), left, c.Caveats)
		}
	}
}

// TestManySightings holds the work on one connection to a bound: each of its captures is compared with each.
func TestManySightings(t *testing.T) {
	for _, n := range []int{8, 9, 20} {
		c := manyCaptures(t, n, analyzer.Limits{})
		if len(c.Flows) != 1 || len(c.Flows[0].Seen) != 8 || len(c.Flows[0].Twins) != 28 || said(c, "each of 1 connection was judged by 8 of them") != (n > 8) {
			t.Errorf("%d captures of one connection: %d connections, seen by %d, %d pairs; %v", n, len(c.Flows), len(c.Flows[0].Seen), len(c.Flows[0].Twins), c.Caveats)
		}
	}
}
