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
		{SYNDrop, "attempts of 2 connections to"},
		{Blackhole, "sent in 2 connections"},
		{HandshakeHijack, "answered the SYN of 2 connections"},
		{UDPBlock, "Datagrams of 2 connections"},
	} {
		got := headline(&trouble{class: Middlebox, cause: tt.cause, flows: []int{0, 1}}, worst).String()
		if !strings.Contains(got, tt.want) {
			t.Errorf("headline for %s: %q, want %q in it", tt.cause, got, tt.want)
		}
	}
}

// TestNothingToJudgeNamesTheTunnel: whoever captured inside a fabric was once told to capture without a filter.
func TestNothingToJudgeNamesTheTunnel(t *testing.T) {
	for _, tt := range []struct {
		tunnelled uint64
		want      string
	}{{0, "without a filter"}, {7, "7 frames are inside tunnels"}} {
		a := &analysis{Case: &Case{Captures: []*Capture{{Health: Health{Tunnelled: tt.tunnelled}}}}}
		a.conclude(nil)
		if v := a.Verdict; v.Class != Inconclusive || len(v.Next) != 1 || !strings.Contains(v.Next[0].String(), tt.want) {
			t.Errorf("%d frames in tunnels: %s, %v; want inconclusive and %q", tt.tunnelled, v.Class, v.Next, tt.want)
		}
	}
}
