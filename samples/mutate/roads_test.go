package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// FuzzFormats writes the same packets as pcap and as pcapng, which must come to the same.
func FuzzFormats(f *testing.F) {
	g := newTestGenerator(f)
	for i := range uint64(60) {
		f.Add(i)
	}
	f.Fuzz(func(t *testing.T, number uint64) {
		c := newChance(2, number)
		s := pick(c, g.seeds)
		for len(s.traces) == 0 {
			s = pick(c, g.seeds)
		}
		var both [2]*ticket
		for k := range both {
			both[k] = &ticket{chance: c}
		}
		for _, tr := range s.traces {
			tr.packets = slices.Clone(tr.packets)
			c.packets(&tr)
			tr.link &= 0xff             // pcapng has room for less than pcap
			for i := range tr.packets { // pcap holds seconds in 32 bits
				p := &tr.packets[i]
				p.at = int64(uint64(p.at) % (1 << 32 * 1e9))
			}
			for k := range both {
				both[k].files = append(both[k].files, file{tr.name, encoded(c, encodings[k], &tr).b})
			}
		}
		pcap, pcapng := said(t, both[0].inputs(false, nil)), said(t, both[1].inputs(false, nil))
		if pcap != pcapng {
			t.Errorf("%s, as pcap and as pcapng:\n%s", s.name, difference(pcap, pcapng))
		}
	})
}

// said is what an analysis comes to, without what the format of a file shows in.
func said(t *testing.T, inputs []analyzer.Input) string {
	t.Helper()
	c, err := analyzer.Analyze(context.Background(), "ticket", inputs, rules.All(), nil)
	if err != nil && !errors.Is(err, analyzer.ErrNothingUsable) {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintln(&b, c.Verdict.Headline, c.Verdict.Class, c.Verdict.Confidence)
	for _, m := range c.Members {
		fmt.Fprintln(&b, m.Name, m.Kind, m.Packets, m.From, m.To, m.Role, m.LinkTypes)
	}
	for _, f := range c.Findings {
		fmt.Fprintln(&b, f.Rule.ID, f.Summary, f.Evidence)
	}
	for _, x := range c.Flows {
		fmt.Fprintln(&b, x.Client(), x.Server(), x.Class, x.Cause, x.Confidence)
	}
	for _, v := range c.Caveats {
		fmt.Fprintln(&b, v.Member, v.Frame, v.Text)
	}
	return b.String()
}

// FuzzReads gives the same ticket as files and as streams that come byte by byte: the reports must be the same to the byte.
func FuzzReads(f *testing.F) {
	g := newTestGenerator(f)
	for i := range uint64(60) {
		f.Add(i)
	}
	f.Fuzz(func(t *testing.T, number uint64) {
		x := g.ticket(number)
		var texts [2]string
		for k := range texts {
			c, err := analyzer.Analyze(context.Background(), "ticket", x.inputs(k == 1, []string{"secret"}), rules.All(), &analyzer.Options{Limits: analyzer.Limits{TempDir: t.TempDir()}})
			if err != nil && !errors.Is(err, analyzer.ErrNothingUsable) {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := report.JSON(&b, c, report.Options{}); err != nil {
				t.Fatal(err)
			}
			texts[k] = b.String()
		}
		if texts[0] != texts[1] {
			t.Errorf("ticket %d of %s, as files and as streams:\n%s", number, x.seed, difference(texts[0], texts[1]))
		}
	})
}

// difference gives the first lines that differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n\t%.400s\n\t%.400s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}
