package rules

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/analyzertest"
	"github.com/capforensics/capforensics/analyzer/route"
)

// TestRunsAreToldOnce: a run that a capture holds is in the ticket twice, as the tool printed it and as rebuilt from its packets.
func TestRunsAreToldOnce(t *testing.T) {
	to := route.Target{Addr: netip.MustParseAddr("198.51.100.20")}
	hops := func(received ...int) (hops []route.Hop) {
		for i, n := range received {
			h := route.Hop{Number: i + 1, Line: i + 3, Sent: route.Known[int]{Value: 10, OK: true}, Received: route.Known[int]{Value: n, OK: true}}
			if n > 0 {
				h.Routers = []route.Router{{Addr: netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})}}
			}
			hops = append(hops, h)
		}
		return hops
	}
	report := func(tool string, proto route.Proto, port uint16, received ...int) *analyzer.PathReport {
		return &analyzer.PathReport{Member: &analyzer.Member{Name: tool}, Report: &route.Report{Tool: tool, Proto: proto, Port: port, Target: to, Hops: hops(received...)}}
	}
	tests := []struct {
		name  string
		paths []*analyzer.PathReport
		runs  int
		proto route.Proto
		port  uint16
	}{
		{"alike", []*analyzer.PathReport{report(route.Capture, route.TCP, 443, 10, 0, 5), report("mtr", "", 0, 10, 0, 5)}, 1, route.TCP, 443},
		{"other answers", []*analyzer.PathReport{report(route.Capture, route.TCP, 443, 10, 0, 6), report("mtr", "", 0, 10, 0, 5)}, 2, "", 0},
		{"another length", []*analyzer.PathReport{report(route.Capture, route.TCP, 443, 10, 0, 5, 5), report("mtr", "", 0, 10, 0, 5)}, 2, "", 0},
		{"another port", []*analyzer.PathReport{report(route.Capture, route.TCP, 443, 10, 0, 5), report("mtr", route.TCP, 80, 10, 0, 5)}, 2, route.TCP, 80},
		{"two runs of a tool are two, however alike", []*analyzer.PathReport{report("mtr", "", 0, 10, 0, 5), report("mtr", "", 0, 10, 0, 5)}, 2, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs := usedRuns(&analyzer.Pass{}, &analyzer.Case{Paths: tt.paths})
			if len(runs) != tt.runs {
				t.Fatalf("%d runs, want %d", len(runs), tt.runs)
			}
			r := runs[0]
			if r.Tool != "mtr" || r.proto != tt.proto || r.port != tt.port || len(r.copies)+len(runs) != 3 {
				t.Errorf("the first is of %s, %s %d, in %d copies; want mtr, %s %d", r.Tool, r.proto, r.port, len(r.copies), tt.proto, tt.port)
			}
		})
	}
}

// TestCheckOfNothingIsNotClear: without a path report, the rules that read them say that they could not tell.
func TestCheckOfNothingIsNotClear(t *testing.T) {
	s, err := analyzertest.ParsePkt("one flow", []byte("flow 192.0.2.10:51000 > 198.51.100.20:443\n0.000 C SYN\n"))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, k := range analyzertest.Analyze(t, All(), captures...).Checks {
		if strings.HasPrefix(k.Rule.ID, "path-") {
			checked++
			if k.Skipped["the ticket holds no path report"] == 0 {
				t.Errorf("%s: no path report, and the check counts as clear: %+v", k.Rule.ID, k)
			}
		}
	}
	if checked == 0 {
		t.Error("no rule reads path reports")
	}
}
