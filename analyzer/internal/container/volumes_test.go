package container

import (
	"fmt"
	"strings"
	"testing"
)

func TestVolumeSets(t *testing.T) {
	tests := []struct{ names, want string }{
		{"", ""},
		{"a.zip b.pcap c.rar d.7z", ""},
		{"a.7z.001 a.7z.002", "a.7z [0 1] 0"},
		{"A.7Z.002 x a.7z.001", "A.7Z [2 0] 0"},
		{"a.7z.001", ""}, // all in one, or the archive says that it is cut short
		{"a.7z.002", "a.7z [0] 1"},
		{"a.7z.001 a.7z.003", "a.7z [0 1] 2"},
		{"d/a.zip.001 e/a.zip.001 d/a.zip.002 e/a.zip.002", "d/a.zip [0 2] 0; e/a.zip [1 3] 0"},
		{"ring.pcap.001 ring.pcap.002", ""}, // a ring buffer, and no archive
		{"a.part1.rar a.part2.rar a.part10.rar", "a.rar [0 1 2] 3"},
		{"a.part01.rar a.part02.rar", "a.rar [0 1] 0"},
		{"a.part1.rar a.part01.rar", ""}, // nobody can tell
		{"a.part2.rar", "a.rar [0] 1"},
		{"a.part1.rar", ""},
		{"a.rar a.r00 a.r01", "a.rar [0 1 2] 0"},
		{"a.r00 a.r01", "a.rar [0 1] 1"},
		{"a.rar a.R00 a.r99 a.s00", "a.rar [0 1 2 3] 3"},
		{"a.z01 a.z02 a.zip", "a.zip [0 1 2] 0"},
		{"a.z01 a.z02", "a.zip [0 1] 3"},
		{"a.zip a.z02", "a.zip [0 1] 1"},
		{"a.part99999999999999999999.rar a.z00 x.000", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range VolumeSets(strings.Fields(tt.names)) {
			got = append(got, fmt.Sprint(s.Name, " ", s.Parts, " ", s.Missing))
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: got %s, want %s", tt.names, s, tt.want)
		}
	}
}
