package analyzer

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
)

// This file puts inputs together that belong together: the parts of an archive, and the files of a ring buffer in the order of their time. What
// lies in an archive the container walk puts together in the same way.

// VolumeSet is the parts of one archive.
type VolumeSet = container.VolumeSet

// VolumeSets finds archives in parts among files by their names, which are told apart without regard to case: x.7z.001, x.part1.rar, x.rar with x.r00,
// x.z01 with x.zip. A set of one part is among them only if its name shows that others are missing.
func VolumeSets(names []string) []VolumeSet { return container.VolumeSets(names) }

// IsTar says that a file begins as a tar does, by its first 512 bytes.
func IsTar(head []byte) bool { return container.IsTar(head) }

// joinVolumes makes one input of all parts of each archive, in the place of the first. Sets of which a part is missing, or that together are
// no archive, are left as they are, and given. The files of a ring buffer come in the order of their time.
func joinVolumes(ctx context.Context, inputs []Input) (joined []Input, broken []VolumeSet) {
	names := make([]string, len(inputs))
	for i, in := range inputs {
		if in.ReaderAt != nil && in.Size >= 0 { // a pipe is no part
			names[i] = in.Name
		}
	}
	first := make(map[int]VolumeSet)
	member := make(map[int]bool)
	wholes := make(map[int]*container.Joined)
	for _, s := range VolumeSets(names) {
		if s.Missing > 0 {
			broken = append(broken, s)
			continue
		}
		var parts []container.Part
		for _, p := range s.Parts {
			parts = append(parts, io.NewSectionReader(inputs[p].ReaderAt, 0, inputs[p].Size))
		}
		whole := container.Join(parts...)
		if !whole.IsArchive() {
			broken = append(broken, s)
			continue
		}
		wholes[slices.Min(s.Parts)] = whole
		first[slices.Min(s.Parts)] = s
		for _, i := range s.Parts {
			member[i] = true
		}
	}
	for i, in := range inputs {
		s, begins := first[i]
		if member[i] && !begins {
			continue
		}
		if begins {
			in.Name, in.ReaderAt, in.Size = s.Name, wholes[i], wholes[i].Size()
		}
		joined = append(joined, in)
	}
	for i, in := range joined {
		names = append(names[:i], in.Name)
	}
	inOrder := make([]Input, len(joined))
	for i, k := range container.InOrder(names[:len(joined)], func(i int) int64 { return joined[i].begins(ctx) }) {
		inOrder[i] = joined[k]
	}
	return inOrder, broken
}

// begins gives the time of the first packet of an input that is a capture, compressed or not; 0 if that is not told without reading more of it.
func (in *Input) begins(ctx context.Context) int64 {
	if in.ReaderAt == nil || in.Size < 0 {
		return 0
	}
	return container.Begins(ctx, in.source())
}

// firstTime says whether a file begins like a capture, by its head, and gives the time of its first packet, in nanoseconds since the Unix epoch; 0 if
// that has none, or is not in the head as a whole.
func firstTime(head []byte) (isCapture bool, nanos int64) {
	if capture.Sniff(head) == "" {
		return false, 0
	}
	rd, err := capture.NewReader(bufio.NewReaderSize(bytes.NewReader(head), len(head)))
	if err == nil && rd.Next() && rd.Record().HasTime {
		nanos = rd.Record().Time
	}
	return true, nanos
}
