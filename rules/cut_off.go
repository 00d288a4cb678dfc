package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// cutOff is a connection that ended when its client had asked for a name.
type cutOff struct {
	asked flow.Packet // that holds the name
	reset flow.Packet // that ended it; Frame 0 where the name was never acknowledged
	tries int         // how often it was sent
}

// keepCutOff keeps a connection that was cut off when its client had asked for a name and the server had said nothing yet.
func keepCutOff(pass *analyzer.Pass, f *flow.Flow) {
	if f.Named.Name == 0 || f.Half[flow.Server].Bytes > 0 || f.OneWay() {
		return
	}
	i := slices.IndexFunc(f.Packets, func(p flow.Packet) bool { return p.Frame == f.Named.Frame })
	if i < 0 {
		return
	}
	cut := cutOff{asked: f.Packets[i]}
	for k := i + 1; k < len(f.Packets) && cut.reset.Frame == 0; k++ {
		if p := &f.Packets[k]; isReset(pass, p) && first(f, k) {
			cut.reset = *p
		}
	}
	if cut.reset.Frame == 0 {
		never, tries := neverAcknowledged(f, flow.Client)
		if never == nil || tries <= minTries {
			return
		}
		cut.tries = tries
	}
	pass.Keep(cut)
}

// outcomes is what became of the connections for one name at one address and port.
type outcomes struct {
	failed []analyzer.Fact
	worked []*analyzer.Sighting
}

// byHost puts together what was asked of one host by HTTP, where several hosts were asked for: else the targets are compared.
func byHost(all map[string]*outcomes) map[string]*outcomes {
	hosts := make(map[string]*outcomes)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		host, _, _ := strings.Cut(name, "/")
		if hosts[host] == nil {
			hosts[host] = &outcomes{}
		}
		hosts[host].failed = append(hosts[host].failed, all[name].failed...)
		hosts[host].worked = append(hosts[host].worked, all[name].worked...)
	}
	if len(hosts) > 1 {
		return hosts
	}
	return all
}
