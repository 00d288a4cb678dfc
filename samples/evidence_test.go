package samples

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// evidenceOf makes the evidence capture of a ticket, and gives the case beside it.
func evidenceOf(t *testing.T, path string, o report.Options) (*analyzer.Case, []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inputs := []analyzer.Input{{Name: "ticket.zip", Size: int64(len(data)), ReaderAt: bytes.NewReader(data)}}
	c, err := analyzer.Analyze(context.Background(), "ticket", inputs, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.Evidence(&b, c, func(visit func(*analyzer.Frame) error) error {
		return c.ReadFrames(context.Background(), inputs, visit)
	}, o); err != nil {
		t.Fatal(err)
	}
	return c, b.Bytes()
}

// TestEvidenceOpensInTshark opens every evidence capture as a reader of the report would: all frames with their origin and what they show,
// each capture an interface, and of payloads nothing unless asked for.
func TestEvidenceOpensInTshark(t *testing.T) {
	tshark := findTshark(t)
	for _, ticket := range tickets(t) {
		for _, o := range []report.Options{{Lang: report.English}, {Lang: report.Chinese, Payload: true}} {
			c, b := evidenceOf(t, ticket, o)
			file := filepath.Join(t.TempDir(), "evidence.pcapng")
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"-n", "-r", file, "-T", "fields", "-o", "tcp.desegment_tcp_streams:FALSE"}
			for _, f := range []string{"frame.interface_name", "frame.comment", "frame.cap_len", "frame.len", "tcp.len", "tcp.payload", "udp.payload"} {
				args = append(args, "-e", f)
			}
			out, err := exec.Command(tshark, args...).Output()
			if err != nil {
				t.Fatalf("%s: tshark: %v", ticket, err)
			}
			checkEvidence(t, ticket, c, strings.Split(strings.TrimRight(string(out), "\n"), "\n"), o)
		}
	}
}

func checkEvidence(t *testing.T, ticket string, c *analyzer.Case, lines []string, o report.Options) {
	t.Helper()
	if len(lines) != len(c.Frames) {
		t.Errorf("%s: tshark shows %d frames, want %d", ticket, len(lines), len(c.Frames))
	}
	shown := make(map[string]string) // comment by origin
	payloads := 0
	for _, line := range lines {
		f := strings.Split(line, "\t")
		origin, said, _ := strings.Cut(f[1], `\n`)
		shown[origin] = said
		if !strings.Contains(origin, f[0]) {
			t.Errorf("%s: a frame of interface %q says that it is %q", ticket, f[0], origin)
		}
		if f[5]+f[6] != "" {
			payloads++
		}
		if f[4] != "" && f[4] != "0" && !o.Payload && f[2] == f[3] {
			t.Errorf("%s: %s holds %s bytes of payload and is as long as it was", ticket, origin, f[4])
		}
	}
	if !o.Payload && payloads > 0 {
		t.Errorf("%s: %d frames have a payload, and none is wanted", ticket, payloads)
	}
	if o.Lang != report.English {
		return
	}
	for _, e := range c.Exhibits {
		for _, k := range c.Flows[e.Conn].Findings {
			for _, x := range c.Findings[k].Evidence {
				origin := fmt.Sprintf("original frame %d of %s", x.Frame, c.Captures[x.Capture].Member.Name)
				said, ok := shown[origin]
				if !ok || said == "" {
					t.Errorf("%s: %s is cited and has the comment %q", ticket, origin, said)
				}
				// A frame that many findings cite says the first of them.
				if rule := c.Findings[k].Rule.ID + ": "; strings.Count(said, `\n`) < 7 && (!strings.Contains(said, rule) || !strings.Contains(said, x.Field+": observed "+x.Observed)) {
					t.Errorf("%s: %s does not say %s%s, observed %s: %s", ticket, origin, rule, x.Field, x.Observed, said)
				}
			}
		}
	}
}

// TestEvidenceIsACapture reads every evidence capture with the program itself: all frames are there, and the same bytes come out twice.
// The verdict need not be the same, as most of each connection is missing.
func TestEvidenceIsACapture(t *testing.T) {
	for _, ticket := range tickets(t) {
		c, b := evidenceOf(t, ticket, report.Options{})
		if _, again := evidenceOf(t, ticket, report.Options{}); !bytes.Equal(b, again) {
			t.Errorf("%s: the same ticket gave two different evidence captures", ticket)
		}
		got, err := analyzer.Analyze(context.Background(), "evidence", []analyzer.Input{{Name: "evidence", Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}}, rules.All(), nil)
		if err != nil {
			t.Errorf("%s: %v", ticket, err)
			continue
		}
		if m := got.Members[0]; m.Packets != uint64(len(c.Frames)) || m.Format != "pcapng" || m.Truncated || got.Partial() {
			t.Errorf("%s: read back as %+v with the caveats %v, want %d packets", ticket, m, got.Caveats, len(c.Frames))
		}
	}
}

// TestEvidenceHasNoPayload looks for what the samples' clients and servers said to each other.
func TestEvidenceHasNoPayload(t *testing.T) {
	found := 0
	for _, ticket := range tickets(t) {
		_, kept := evidenceOf(t, ticket, report.Options{Payload: true})
		_, cut := evidenceOf(t, ticket, report.Options{})
		for _, mark := range []string{"HTTP/1.", "\x16\x03\x01\x02", "\x16\x03\x03"} {
			if bytes.Contains(kept, []byte(mark)) {
				found++
			}
			if bytes.Contains(cut, []byte(mark)) {
				t.Errorf("%s: the evidence holds %q", ticket, mark)
			}
		}
	}
	if found == 0 {
		t.Error("no payload was found where payloads are kept")
	}
}
