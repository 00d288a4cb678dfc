package reporttest

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
)

// TestPathReports validates a report with path reports of several tools, and one that the schema forbids.
func TestPathReports(t *testing.T) {
	text, err := os.ReadFile("../testdata/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	capture := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x00\x00\x00")
	c, err := analyzer.Analyze(context.Background(), "paths", []analyzer.Input{
		{Name: "client.pcap", Size: int64(len(capture)), ReaderAt: bytes.NewReader(capture)},
		{Name: "paths.txt", Size: int64(len(text)), ReaderAt: bytes.NewReader(text)},
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := report.JSON(&out, c, report.Options{Version: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := Validate(out.Bytes()); err != nil {
		t.Error(err)
	}
	if wrong := strings.Replace(out.String(), `"loss_percent":40`, `"loss_percent":140`, 1); wrong == out.String() || Validate([]byte(wrong)) == nil {
		t.Error("a loss of 140 % passes, or there is none of 40 %")
	}
}
