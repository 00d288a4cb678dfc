package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
)

// evidenceFormat is the name of the capture among the formats. It is written only if something was found.
const evidenceFormat = "pcapng"

var evidence = format{evidenceFormat, func(ctx context.Context, w io.Writer, j *job) error {
	return report.Evidence(w, j.found, func(visit func(*analyzer.Frame) error) error {
		return j.found.ReadFrames(ctx, j.inputs, visit)
	}, j.opts)
}, ownCapture}

// ownCapture recognises an evidence capture by its first option: the program that wrote it.
//
//	0      4        8      12        16               24     26      28
//	| type | length | magic | version | section length | code | length | name of the program
func ownCapture(f *os.File) bool {
	const at, mark = 28, report.Generator + " "
	head := part(f, 0, at+len(mark))
	return len(head) == at+len(mark) && binary.LittleEndian.Uint32(head) == 0x0a0d0d0a && binary.LittleEndian.Uint16(head[24:]) == 4 &&
		string(head[at:]) == mark
}

// proof writes the evidence capture to the file of --evidence. Its failure is a warning: the verdict and the reports are there.
func (s *session) proof(ctx context.Context, j *job) {
	if s.evidence == "" || ctx.Err() != nil {
		return
	}
	switch err := s.reporter.alone(ctx, s.evidence, j); {
	case errors.Is(err, report.ErrNoEvidence):
		s.ui.note("%s was not written: %v", s.evidence, err)
	case err == nil:
		s.ui.note("wrote %s", s.evidence)
		s.leftOut(j.found)
	case ctx.Err() == nil:
		s.ui.warn("%s: no evidence capture could be made: %v", j.name, err)
	}
}

// leftOut says what an evidence capture lacks.
func (s *session) leftOut(c *analyzer.Case) {
	if c.FramesLeft > 0 {
		s.ui.note("%d further packets were left out of it: an evidence capture holds at most %d", c.FramesLeft, analyzer.MostFrames)
	}
}

// alone writes an evidence capture to a path that the user chose, through a temporary file beside it.
func (r *reporter) alone(ctx context.Context, path string, j *job) error {
	if _, err := os.Lstat(path); err == nil && !evidence.made(path) {
		return fmt.Errorf("%s is there, and it is no evidence capture of this program: name another file", path)
	}
	temp, err := create(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // the renamed is gone already
	if err := fill(temp, func(w io.Writer) error { return evidence.write(ctx, w, j) }); err != nil {
		return err
	}
	if !r.rename(evidence, temp.Name(), path) {
		return fmt.Errorf("%s cannot be replaced: is it open in another program?", path)
	}
	return nil
}
