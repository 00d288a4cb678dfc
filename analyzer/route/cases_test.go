package route

// reports tells of each file what its reports are. The files mtr_*.txt and traceroute_*.txt are what mtr 0.95 and traceroute 2.1 printed
// on a path of four routers, with the command line above.
var reports = []struct {
	file string
	want []string
}{
	{"mtr_r.txt", []string{"mtr/text to 10.99.4.2 (command) icmp:0 hops 4 reached true answered"}},
	{"mtr_rw.txt", []string{"mtr/text to 10.99.4.2 (command) icmp:0 hops 4 reached true answered"}},
	{"mtr_rwb.txt", []string{"mtr/text to 10.99.4.2 (command) icmp:0 hops 4 reached true answered"}},
	{"mtr_rwz.txt", []string{"mtr/text to 10.99.4.2 (command) icmp:0 hops 4 reached true answered"}},
	{"mtr_json.txt", []string{"mtr/json to 10.99.4.2 (report) icmp:0 hops 4 reached true answered"}},
	{"mtr_tcp443.txt", []string{"mtr/text to 10.99.4.2 (command) tcp:443 hops 4 reached true answered"}},
	{"mtr_T443_dropped_at_r2.txt", []string{"mtr/text to 10.99.4.2 (command) tcp:443 hops 2 reached false no answer"}},
	{"mtr_unreach.txt", []string{"mtr/text to 10.99.3.77 (command) icmp:0 hops 3 reached false"}},
	{"traceroute_default.txt", []string{"traceroute/text to 10.99.4.2 (report) udp:0 hops 4 reached true answered"}},
	{"traceroute_n.txt", []string{"traceroute/text to 10.99.4.2 (report) udp:0 hops 4 reached true answered"}},
	{"traceroute_T443_info.txt", []string{"traceroute/text to 10.99.4.2 (report) tcp:443 hops 4 reached true open"}},
	{"traceroute_T81_info.txt", []string{"traceroute/text to 10.99.4.2 (report) tcp:81 hops 4 reached true closed"}},
	{"traceroute_T444_rst_at_r2.txt", []string{"traceroute/text to 10.99.4.2 (report) tcp:444 hops 3 reached true closed"}},
	{"traceroute_T445_x_at_r2.txt", []string{"traceroute/text to 10.99.4.2 (report) tcp:445 hops 2 reached false prohibited"}},
	{"traceroute_T443_dropped_at_r2.txt", []string{"traceroute/text to 10.99.4.2 (report) tcp:443 hops 8 reached false no answer"}},
}

// rows tells single rows; row counts from 0, line from 1.
var rows = []struct {
	file              string
	report, row, line int
	want              string
}{
	{"mtr_r.txt", 0, 0, 4, "1: 10.99.1.2, loss 0.0, sent 10, last 100µs, avg 100µs, best 100µs, worst 200µs, stdev 0s"},
	{"mtr_r.txt", 0, 1, 5, "2: loss 100.0, sent 10"},
	{"mtr_tcp443.txt", 0, 2, 6, "3: 10.99.3.2, loss 0.0, sent 10, last 5.1s, avg 1.631s, best 100µs, worst 5.1s, stdev 1.6799s"},
	{"mtr_rwz.txt", 0, 2, 6, "3: 10.99.3.2, loss 25.0, sent 4, last 100µs, avg 100µs, best 100µs, worst 100µs, stdev 0s"},
	{"mtr_json.txt", 0, 0, 13, "1: 10.99.1.2, loss 0.0, sent 4, last 64µs, avg 70µs, best 64µs, worst 77µs, stdev 6µs"},
	{"traceroute_default.txt", 0, 2, 5, "3: 10.99.3.2, loss 66.7, sent 3, received 1, last 200µs, avg 200µs, best 200µs, worst 200µs"},
	{"traceroute_T443_info.txt", 0, 3, 6, "4: 10.99.4.2, loss 0.0, sent 3, received 3, last 11µs, avg 14µs, best 11µs, worst 20µs, flags [<syn,ack>]"},
	{"traceroute_T445_x_at_r2.txt", 0, 1, 4, "2: 10.99.2.2, loss 0.0, sent 3, received 3, last 8µs, avg 8.666µs, best 8µs, worst 10µs, flags [!X]"},
}
