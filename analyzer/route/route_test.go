package route

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// line says of a report what the table of TestParse expects, in one line.
func line(r *Report) string {
	reached := "?"
	if r.Reached.OK {
		reached = fmt.Sprint(r.Reached.Value)
	}
	to := r.Target.String()
	if r.Target.Name != "" && r.Target.Addr.IsValid() {
		to = r.Target.Name + "=" + to
	}
	out := fmt.Sprintf("%s/%s %s to %s (%s) %s:%d hops %d reached %s %s", r.Tool, r.Format, r.Version, to, r.Target.From, r.Proto, r.Port, len(r.Hops), reached, r.Outcome)
	return strings.Join(strings.Fields(out), " ")
}

func parseFile(t testing.TB, name string) *File {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// only parses a text of one report.
func only(t *testing.T, text string) *Report {
	t.Helper()
	f, err := Parse(strings.NewReader(text))
	if err != nil || len(f.Reports) != 1 {
		t.Fatalf("%d reports, %v, want one, in:\n%s", len(f.Reports), err, text)
	}
	return f.Reports[0]
}

// figures writes what is known of a row.
func figures(h *Hop) string {
	var s []string
	for _, r := range h.Routers {
		k := r.String()
		if r.AS != "" {
			k += " " + r.AS
		}
		if len(r.Labels) > 0 {
			k += fmt.Sprint(" ", r.Labels)
		}
		if r.Clipped {
			k += " (clipped)"
		}
		s = append(s, k)
	}
	add := func(name string, ok bool, v any) {
		if ok {
			s = append(s, fmt.Sprintf("%s %v", name, v))
		}
	}
	add("loss", h.Loss.OK, fmt.Sprintf("%.1f", h.Loss.Value))
	add("sent", h.Sent.OK, h.Sent.Value)
	add("received", h.Received.OK, h.Received.Value)
	add("last", h.Last.OK, h.Last.Value)
	add("avg", h.Avg.OK, h.Avg.Value)
	add("best", h.Best.OK, h.Best.Value)
	add("worst", h.Worst.OK, h.Worst.Value)
	add("stdev", h.StDev.OK, h.StDev.Value)
	add("ttl", h.TTL.OK, h.TTL.Value)
	add("mtu", h.MTU.OK, h.MTU.Value)
	add("flags", len(h.Flags) > 0, h.Flags)
	return fmt.Sprintf("%d: %s", h.Number, strings.Join(s, ", "))
}

func TestParse(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range reports {
		seen[c.file] = true
		t.Run(c.file, func(t *testing.T) {
			f := parseFile(t, c.file)
			var got []string
			for _, r := range f.Reports {
				got = append(got, line(r))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if !slices.Equal(f.Losses, c.losses) {
				t.Errorf("losses %+v, want %+v", f.Losses, c.losses)
			}
		})
	}
	all, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if !seen[filepath.Base(name)] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

func TestStart(t *testing.T) {
	for _, c := range []struct {
		file, source, command, start string
		zone                         Zone
	}{
		{"mtr_r.txt", "vm", "mtr -n -r -c 10 -i 0.5 10.99.4.2", "2026-11-24T02:50:35Z", ZoneGiven},
		{"mtr_rwzb_gmean.txt", "edge", `mtr -rwbzc 20 -o "LDRS NBAWVGJ" www.example.net`, "2025-01-01T19:04:05Z", ZoneGiven},
		{"mtr_ecmp_mpls.txt", "branch-fw.example", "", "2024-05-14T10:21:33Z", ZoneUnknown},
		{"mtr_screen_095.txt", "edge", "", "2025-01-02T03:04:05Z", ZoneGiven},
		{"mtr_screen_075.txt", "edge.example", "", "2013-10-22T20:39:42Z", ZoneUnknown},
		{"mtr_asn_w.csv", "", "", "2022-01-01T00:00:00Z", ZoneGiven},
		{"mtr_json.txt", "vm", "mtr -n --json -c 4 -i 0.5 10.99.4.2", "0001-01-01T00:00:00Z", ZoneNone},
		{"tracert_en.txt", "", "tracert www.example.net", "0001-01-01T00:00:00Z", ZoneNone},
		{"tcptraceroute.txt", "10.0.0.2", "tcptraceroute www.example.net 443", "0001-01-01T00:00:00Z", ZoneNone},
		{"traceroute6.txt", "2001:db8:1::2", "", "0001-01-01T00:00:00Z", ZoneNone},
		{"ping_linux_cut.txt", "", "", "2023-11-14T22:13:20Z", ZoneGiven},
		{"ping_windows_v6.txt", "2001:db8:1::2", "", "0001-01-01T00:00:00Z", ZoneNone},
	} {
		r := parseFile(t, c.file).Reports[0]
		if got := r.Start.Format("2006-01-02T15:04:05Z07:00"); r.Source != c.source || r.Command != c.command || got != c.start || r.Zone != c.zone {
			t.Errorf("%s: from %q by %q at %s (zone %q), want %q, %q, %s, %q", c.file, r.Source, r.Command, got, r.Zone, c.source, c.command, c.start, c.zone)
		}
	}
}

// rows are what some rows of the files hold, to the last figure.
func TestRows(t *testing.T) {
	for _, c := range rows {
		r := parseFile(t, c.file).Reports[c.report]
		if c.row >= len(r.Hops) {
			t.Errorf("%s: no row %d", c.file, c.row)
			continue
		}
		h := &r.Hops[c.row]
		if got := figures(h); got != c.want || h.Line != c.line {
			t.Errorf("%s row %d: line %d, %s\nwant line %d, %s", c.file, c.row, h.Line, got, c.line, c.want)
		}
	}
}

func TestTargetIsGuessed(t *testing.T) {
	const head, row = "HOST: vm  Loss%   Snt   Last   Avg  Best  Wrst StDev\n", "  1.|-- 10.0.0.1  0.0%    10    0.1   0.1   0.1   0.1   0.0\n"
	for _, c := range []struct{ name, in, want string }{
		{"the last hop", head + row, "10.0.0.1"},
		{"it is silent", head + row + "  2.|-- ???  100.0    10    0.0   0.0   0.0   0.0   0.0\n", ""},
		{"it is named and silent", head + row + "  2.|-- 10.0.0.2  100.0    10    0.0   0.0   0.0   0.0   0.0\n", ""},
		{"two routers answer there", head + row + "    |  `|-- 10.0.0.3\n", ""},
		{"a piece of a report", row, ""},
	} {
		r := only(t, c.in)
		if got := r.Target.String(); got != c.want || got != "" && r.Target.From != FromLastHop {
			t.Errorf("%s: target %q from %q, want %q", c.name, got, r.Target.From, c.want)
		}
		if r.Reached.OK {
			t.Errorf("%s: reached is %v, want unknown", c.name, r.Reached.Value)
		}
	}
}

// TestOneLine holds that JSON may be one long line, as NextTrace prints it.
func TestOneLine(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Hops":[`)
	for i := range 60 {
		fmt.Fprintf(&b, `[{"Success":true,"Address":{"IP":"10.0.0.%d"},"Hostname":"","TTL":%d,"RTT":1000000,"Geo":{"asnumber":"64500","country":%q}}],`, i, i+1, strings.Repeat("x", 300))
	}
	r := only(t, strings.TrimSuffix(b.String(), ",")+`],"TraceMapUrl":""}`)
	if len(r.Hops) != 60 || r.Cut || r.Hops[59].Routers[0].String() != "10.0.0.59" {
		t.Errorf("%d hops, cut %v, want 60 of a whole report", len(r.Hops), r.Cut)
	}
}

// TestOddColumns counts the columns that are not used, in every format that has columns.
func TestOddColumns(t *testing.T) {
	for _, in := range []string{
		"HOST: vm  Loss%   Snt   Best  Jttr\n  1.|-- 10.0.0.1  0.0%    10    0.1   0.1\n",
		`{"report":{"mtr":{"dst":"10.0.0.1"},"hubs":[{"count":1,"host":"10.0.0.1","Loss%":0.0,"Snt":10,"Best":0.1,"Jttr":0.1}]}}`,
		"<MTR SRC=\"vm\" DST=\"10.0.0.1\"><HUB COUNT=\"1\" HOST=\"10.0.0.1\"><Loss>0.0%</Loss><Snt>10</Snt><Best>0.1</Best><Jttr>0.1</Jttr></HUB></MTR>",
		"Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt,Best,Jttr\nMTR.0.95,1795488698,OK,10.0.0.1,1,10.0.0.1,0.00,10,0.10,0.10\n",
	} {
		f, err := Parse(strings.NewReader(in))
		if err != nil || len(f.Reports) != 1 || len(f.Losses) != 1 || f.Losses[0].Kind != OddColumns || f.Losses[0].What != "Jttr" {
			t.Errorf("%d reports, losses %+v, %v, want one and the column Jttr, in:\n%s", len(f.Reports), f.Losses, err, in)
			continue
		}
		if h := &f.Reports[0].Hops[0]; !h.Best.OK || h.Best.Value != 100*time.Microsecond || h.Sent.Value != 10 {
			t.Errorf("best %v, sent %v, want 100µs and 10, in:\n%s", h.Best, h.Sent, in)
		}
	}
}

func TestNoReport(t *testing.T) {
	for _, in := range []string{"", "\n", "Dear support,\nour connection breaks.\n  1. restart\n  2. wait 10 minutes\n", "\x00\x01\x02\x03", "{\"a\": 1}", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"| a | b |\n|---|---|\n", "1 2 3 4 5 6 7 8\n"} {
		f, err := Parse(strings.NewReader(in))
		if err != nil || len(f.Reports) != 0 || len(f.Losses) != 0 {
			t.Errorf("%q: %d reports, losses %v, %v; want none", in, len(f.Reports), f.Losses, err)
		}
	}
}

func TestReadFault(t *testing.T) {
	const text = "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max\n 1  10.0.0.1  1.0 ms  1.0 ms  1.0 ms\n"
	f, err := Parse(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(text))))
	if err == nil {
		t.Errorf("no error, %d reports", len(f.Reports))
	}
}

func FuzzParse(f *testing.F) {
	all, err := filepath.Glob("testdata/*.*")
	if err != nil || len(all) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range all {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Reports) > maxRuns {
			t.Fatalf("%d reports", len(got.Reports))
		}
		lines := bytes.Count(b, []byte("\n")) + 1
		for _, r := range got.Reports {
			if len(r.Hops) == 0 || len(r.Hops) > maxHopsRead {
				t.Fatalf("%d hops", len(r.Hops))
			}
			for i := range r.Hops {
				h := &r.Hops[i]
				if h.Number < 0 || h.Number > maxHopsRead || h.Line < 1 || h.Line > lines+1 || len(h.Routers) > maxRouters || len(h.Probes) > maxProbes {
					t.Fatalf("hop %d in line %d, %d routers, %d probes", h.Number, h.Line, len(h.Routers), len(h.Probes))
				}
				if h.Loss.OK && (h.Loss.Value < 0 || h.Loss.Value > 100) || h.Best.OK && h.Best.Value < 0 {
					t.Fatalf("loss %v, best %v", h.Loss, h.Best)
				}
				for _, p := range h.Probes {
					if p.Router >= len(h.Routers) {
						t.Fatalf("probe of router %d of %d", p.Router, len(h.Routers))
					}
				}
			}
		}
		slow, err := Parse(iotest.OneByteReader(bytes.NewReader(b)))
		if err != nil || !reflect.DeepEqual(got, slow) {
			t.Fatalf("one byte at a time it reads differently: %v", err)
		}
	})
}
