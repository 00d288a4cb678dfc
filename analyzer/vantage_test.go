package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// A client's queries to the resolver on its own router once made a capture of which nothing could be told where it was taken.
func TestVantageLeavesDatagramsOut(t *testing.T) {
	seen := func(proto flow.Proto, client, server uint8) *flow.Summary {
		s := &flow.Summary{Proto: proto}
		s.Half[flow.Client].TTL.Add(client)
		s.Half[flow.Server].TTL.Add(server)
		return s
	}
	var v vantage
	for range 5 {
		v.add(seen(flow.TCP, 64, 52))
		v.add(seen(flow.UDP, 64, 64))
	}
	if got := v.point(); got != AtClient {
		t.Errorf("taken at %q, want %q", got, AtClient)
	}
}
