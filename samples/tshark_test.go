package samples

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// counts are what two readers of one capture must agree on.
type counts struct{ frames, flows, resets uint64 }

func findTshark(t *testing.T) string {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed: nothing to compare with")
	}
	return tshark
}

// TestCountsEqualTshark takes tshark as the oracle for frames, TCP connections and resets of every sample capture.
func TestCountsEqualTshark(t *testing.T) {
	tshark := findTshark(t)
	compared := 0
	for _, ticket := range tickets(t) {
		z, err := zip.OpenReader(ticket)
		if err != nil {
			t.Fatal(err)
		}
		for i := range z.File {
			data := gunzip(t, member(t, ticket, i))
			c, err := analyzer.Analyze(context.Background(), "capture", []analyzer.Input{{Name: "capture", Size: int64(len(data)), ReaderAt: bytes.NewReader(data)}}, rules.All(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Captures) == 0 {
				continue // a path report
			}
			h := &c.Captures[0].Health
			got := counts{c.Members[0].Packets, h.TCPFlows, h.Resets}
			if want := tsharkCounts(t, tshark, data); got != want {
				t.Errorf("%s, member %d: counted %+v, tshark %+v", ticket, i, got, want)
			}
			compared++
		}
		z.Close()
	}
	if compared == 0 {
		t.Error("no capture was compared")
	}
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tsharkCounts(t *testing.T, tshark string, data []byte) counts {
	t.Helper()
	file := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-n", "-r", file, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.flags.reset").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	var c counts
	streams := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		c.frames++
		// An ICMP error shows the stream of the packet that it quotes as well; those are in the capture anyway.
		for _, s := range strings.Split(f[1], ",") {
			if s != "" {
				streams[s] = true
			}
		}
		if f[2] == "1" || f[2] == "True" {
			c.resets++
		}
	}
	c.flows = uint64(len(streams))
	return c
}

// TestEvidenceEqualsTshark looks every row of evidence up as a reader of the report would: the field of the frame in the capture.
func TestEvidenceEqualsTshark(t *testing.T) {
	tshark := findTshark(t)
	compared := 0
	for _, ticket := range tickets(t) {
		c := analyze(t, ticket)
		shown := make(map[int]func(frame uint32, field string) string) // by capture
		for _, f := range c.Findings {
			for _, e := range f.Evidence {
				if shown[e.Capture] == nil {
					shown[e.Capture] = tsharkFields(t, tshark, memberWithHash(t, ticket, c.Captures[e.Capture].Member.SHA256), fieldsOf(c, e.Capture))
				}
				if got, want := e.Observed, shown[e.Capture](e.Frame, e.Field); !sameValue(e.Field, got, want) {
					t.Errorf("%s, %s, frame %d: the report says %s is %s, tshark %s", ticket, f.Rule.ID, e.Frame, e.Field, got, want)
				}
				compared++
			}
		}
	}
	if compared == 0 {
		t.Error("no evidence was compared")
	}
}

// TestCommandLineShowsTheConnection pastes the command line of each ticket's first exhibit into a shell.
func TestCommandLineShowsTheConnection(t *testing.T) {
	findTshark(t)
	if runtime.GOOS == "windows" {
		t.Skip("there is no sh to paste it into")
	}
	for _, ticket := range tickets(t) {
		c := analyze(t, ticket)
		e, v := c.Exhibits[0], report.NewView(c, report.Options{}).Exhibits[0]
		m, dir := c.Captures[e.Capture].Member, t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, path.Base(m.Name)), memberWithHash(t, ticket, m.SHA256), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", v.Verify)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %s: %v", ticket, v.Verify, err)
			continue
		}
		var got, want []string
		for line := range strings.Lines(string(out)) {
			frame, _, _ := strings.Cut(line, "\t")
			got = append(got, frame)
		}
		for _, p := range e.Packets {
			want = append(want, fmt.Sprint(p.Frame))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s shows frames %v, the connection has %v", ticket, v.Verify, got, want)
		}
	}
}

// memberWithHash gives the decompressed content of the member that the inventory lists with a hash.
func memberWithHash(t *testing.T, ticket, hash string) []byte {
	t.Helper()
	z, err := zip.OpenReader(ticket)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for i := range z.File {
		if b := gunzip(t, member(t, ticket, i)); fmt.Sprintf("%x", sha256.Sum256(b)) == hash {
			return b
		}
	}
	t.Fatalf("%s: no member has the hash %q", ticket, hash)
	return nil
}

// fieldsOf gives the fields that evidence from a capture cites.
func fieldsOf(c *analyzer.Case, capture int) []string {
	var fields []string
	for _, f := range c.Findings {
		for _, e := range f.Evidence {
			if e.Capture == capture && !slices.Contains(fields, e.Field) {
				fields = append(fields, e.Field)
			}
		}
	}
	return fields
}

// tsharkFields gives the fields of every frame, each of the outermost header that has it.
func tsharkFields(t *testing.T, tshark string, data []byte, fields []string) func(frame uint32, field string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "capture")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", file, "-T", "fields", "-E", "occurrence=f", "-e", "frame.number"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	frames := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		values := strings.Split(strings.TrimRight(line, "\n"), "\t")
		frames[values[0]] = values[1:]
	}
	return func(frame uint32, field string) string {
		values, i := frames[fmt.Sprint(frame)], slices.Index(fields, field)
		if i < 0 || i >= len(values) {
			return "nothing"
		}
		return values[i]
	}
}

// sameValue compares what two programs write of one value.
func sameValue(field, got, want string) bool {
	switch field {
	case "tcp.flags": // "RST, ACK" is what Wireshark writes behind the number
		n, err := strconv.ParseUint(want, 0, 16)
		return err == nil && got == flow.Flags(n).String()
	case "tcp.time_relative":
		a, errA := strconv.ParseFloat(got, 64)
		b, errB := strconv.ParseFloat(want, 64)
		return errA == nil && errB == nil && math.Abs(a-b) < 1e-6
	}
	return got == want || want == "True" && got == "1" || want == "False" && got == "0"
}
