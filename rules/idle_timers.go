package rules

import (
	"strings"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// idleTimer is after how long without a packet a product forgets a connection, as it comes.
type idleTimer struct {
	name  string
	after time.Duration
}

// idleTimers are the defaults that vendors document, the shortest first. Operators change them: a name is a hint where to look.
var idleTimers = []idleTimer{
	{"AWS ALB and CLB", 60 * time.Second},
	{"nginx keepalive_timeout", 75 * time.Second},
	{"IIS", 2 * time.Minute},
	{"Azure load balancer and NAT", 4 * time.Minute},
	{"F5 BIG-IP TCP profile", 300 * time.Second},
	{"Huawei Cloud ELB", 300 * time.Second},
	{"AWS NLB, NAT gateway and transit gateway", 350 * time.Second},
	{"OCI network load balancer", 360 * time.Second},
	{"Google VPC firewall", 10 * time.Minute},
	{"Alibaba Cloud CLB, NLB and NAT gateway", 15 * time.Minute},
	{"Tencent Cloud CLB", 15 * time.Minute},
	{"LVS (IPVS)", 15 * time.Minute},
	{"Google Cloud NAT", 20 * time.Minute},
	{"Huawei and H3C firewalls", 20 * time.Minute},
	{"Juniper SRX", 30 * time.Minute},
	{"Cisco ASA", time.Hour},
	{"FortiGate, Palo Alto and Check Point", time.Hour},
	{"RFC 5382 minimum for NAT", 2*time.Hour + 4*time.Minute},
	{"MySQL wait_timeout", 8 * time.Hour},
	{"pf and OPNsense", 24 * time.Hour},
	{"kube-proxy", 24 * time.Hour},
	{"Linux conntrack", 5 * 24 * time.Hour},
}

// timersWithin names the known timers between two silences. Devices look at their tables now and then: a hundredth, or a second, early or
// late is still that timer.
func timersWithin(low, high time.Duration) []string {
	var names []string
	for _, t := range idleTimers {
		if slack := max(time.Second, t.after/100); t.after > low-slack && t.after <= high+slack {
			names = append(names, t.name+" "+t.after.String())
		}
	}
	return names
}

// mostTimers is how many names still tell something.
const mostTimers = 6

// knownTimers names them in one string; empty if there are none or too many to tell anything.
func knownTimers(low, high time.Duration) string {
	names := timersWithin(low, high)
	if len(names) > mostTimers {
		return ""
	}
	return strings.Join(names, ", ")
}

// noteTimers tells which idle timers are known between the pause that the connection survived and the one that it did not, before a packet.
func noteTimers(pass *analyzer.Pass, f *flow.Flow, after *flow.Packet, gaps []idleGap) {
	low, high, ok := bracketIdle(gaps)
	names := knownTimers(low, high)
	if !ok || names == "" {
		return
	}
	pass.Report(analyzer.Note, "the connection came through pauses of up to %v and not through one of %v (frame %d); idle timers in between, as the products come: %s", low, high, after.Frame, names).
		Cite(after, analyzer.Context, "tcp.time_relative", since(f, after.Time), "—")
}
