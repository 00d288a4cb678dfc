package analyzer

import (
	"strings"
	"testing"
)

// A ticket with forged data was once said to have forged resets.
func TestHeadlineSaysWhatTheDeviceDid(t *testing.T) {
	worst := &Conn{Seen: make([]Sighting, 1)}
	for _, tt := range []struct {
		cause Cause
		want  string
	}{
		{RSTInjection, "forged resets in 2 connections"},
		{ResetRewrite, "turned packets into resets in 2 connections"},
		{ContentInjection, "forged data in 2 connections"},
		{ICMPReject, "refused 2 connections"},
		{IdleTimeout, "forgot 2 connections"},
		{SYNDrop, "interfered with 2 connections"},
	} {
		got := headline(&trouble{class: Middlebox, cause: tt.cause, flows: []int{0, 1}}, worst).String()
		if !strings.Contains(got, tt.want) {
			t.Errorf("headline for %s: %q, want %q in it", tt.cause, got, tt.want)
		}
	}
}
