package route

import (
	"regexp"
	"strings"
	"time"
)

// ping of Windows, in every language: its figures stand at the same places.
//
//	Pinging example.com [192.0.2.1] with 32 bytes of data:     正在 Ping example.com [192.0.2.1] 具有 32 字节的数据:
//	Reply from 192.0.2.1: bytes=32 time=35ms TTL=116           来自 192.0.2.1 的回复: 字节=32 时间=27ms TTL=48
//	Request timed out.                                         请求超时。
//	Reply from 10.0.0.1: TTL expired in transit.               来自 10.0.0.1 的回复: 无法访问目标主机。
//
//	Ping statistics for 192.0.2.1:                             192.0.2.1 的 Ping 统计信息:
//	    Packets: Sent = 4, Received = 3, Lost = 1 (25% loss),      数据包: 已发送 = 4，已接收 = 4，丢失 = 0 (0% 丢失)，
var _ = register(&format{
	name: "ping of Windows",
	begins: func(t *text, i int) bool {
		return winPingHead.MatchString(t.at(i)) || winPingReply.MatchString(t.at(i)) || winPingStatistics.MatchString(t.at(i)) && winPingCounts.MatchString(t.at(i+1))
	},
	read: readWindowsPing,
})

var (
	winPingHead       = regexp.MustCompile(`^\s*(?:Pinging|正在 Ping|Обмен пакетами с) (\S+)(?: \[([^\]]+)\])?(?: from (\S+)| 从 (\S+))? (?:with|具有|по)`)
	winPingReply      = regexp.MustCompile(`([0-9A-Fa-f.:%]*[0-9A-Fa-f][.:][0-9A-Fa-f.:%]*[0-9A-Fa-f])(?:\s[^\d\s]+)?\s?: ?(?:\S+=\d{1,6} )?\S{1,12}([=<])(\d{1,7}) ?(?:ms|毫秒|мс)(?: TTL=(\d{1,3}))?$`)
	winPingError      = regexp.MustCompile(`^\s*(?:Reply from|来自|Ответ от) (\S+?)(?: 的回复)?\s?: ?([^\s\d=][^=]*)$`)
	winPingLost       = regexp.MustCompile(`^\s*(?:Request timed out|请求超时|請求逾時|要求等候逾時|Превышен интервал ожидания|Zeitüberschreitung|Délai d'attente|Tiempo de espera|要求がタイムアウト|General failure|一般故障|PING: |Packet needs to be fragmented|需要拆分数据包)`)
	winPingStatistics = regexp.MustCompile(`^\s*(?:Ping statistics for (\S+):|(\S+) 的 Ping 统计信息:|Статистика Ping для (\S+):)`)
	winPingCounts     = regexp.MustCompile(`= (\d{1,9})[^=\d]+= (\d{1,9})[^=\d]+= (\d{1,9})`)
	winPingTimes      = regexp.MustCompile(`= (\d{1,9}) ?(?:ms|毫秒|мс)[^=]+= (\d{1,9}) ?(?:ms|毫秒|мс)[^=]+= (\d{1,9}) ?(?:ms|毫秒|мс)`)
)

func readWindowsPing(t *text, i int) ([]*Report, int) {
	r := &Report{Tool: Ping, Format: "text", Proto: ICMP, Line: i + 1, Resolution: time.Millisecond}
	t.called(r, i, "ping")
	next := i
	if m := winPingHead.FindStringSubmatch(t.at(i)); m != nil {
		r.Target, r.Source = target(m[1], m[2], FromReport), short(m[3]+m[4])
		next++
	}
	t.add(r, 0, i)
	if len(r.Hops) == 0 {
		return []*Report{r}, next
	}
	p := &pinging{t: t, r: r, other: make(map[string]int)}
	lost, errors := 0, 0
	ended := false
	for ; next < len(t.lines) && !ended; next++ {
		line := t.at(next)
		h := &r.Hops[0]
		switch {
		case strings.TrimSpace(line) == "":
			if n := t.at(t.skipBlank(next)); !winPingStatistics.MatchString(n) && !winPingReply.MatchString(n) && !winPingLost.MatchString(n) && !winPingCounts.MatchString(n) {
				ended = true
				next--
			}
		case winPingReply.MatchString(line):
			p.windowsReply(winPingReply.FindStringSubmatch(line), next)
		case winPingError.MatchString(line):
			m := winPingError.FindStringSubmatch(line)
			p.error(m[1], "", strings.TrimSpace(m[2]), next)
			errors++
		case winPingLost.MatchString(line):
			lost++
			if s := short(line); strings.Contains(s, "fragment") || strings.Contains(s, "拆分") || strings.Contains(s, "failure") || strings.Contains(s, "故障") {
				h.flag(s)
			}
		case winPingStatistics.MatchString(line):
			m := winPingStatistics.FindStringSubmatch(line)
			if r.Target.From != FromReport {
				r.Target = target(m[1]+m[2]+m[3], "", FromReport)
			}
		case winPingTimes.MatchString(line):
			m := winPingTimes.FindStringSubmatch(line)
			for i, k := range []*Known[time.Duration]{&h.Best, &h.Worst, &h.Avg} {
				v, _ := number(m[i+1]) // digits
				*k = millis(v)
			}
			ended = true
		case winPingCounts.MatchString(line):
			m := winPingCounts.FindStringSubmatch(line)
			sent, _ := whole(m[1])     // digits
			received, _ := whole(m[2]) // digits
			if received <= sent {
				h.Sent, h.Received = known(sent), known(max(received-errors, 0)) // it counts errors as answers
			}
			p.afterCounts = true
		case p.afterCounts && strings.HasSuffix(line, ":"): // "Approximate round trip times in milli-seconds:"
		case winPingHead.MatchString(line) || !strings.Contains(line, "%"):
			ended = true
			next--
		}
	}
	if !p.afterCounts {
		if n := p.answers + lost + errors; n > 0 {
			r.Hops[0].Sent, r.Hops[0].Received = known(n), known(p.answers)
		} else {
			r.Hops = nil
			return []*Report{r}, next
		}
	}
	p.finish()
	return []*Report{r}, next
}

func (p *pinging) windowsReply(m []string, at int) {
	h := &p.r.Hops[0]
	if len(h.Routers) == 0 {
		h.Line = at + 1
	}
	if k, ok := host(m[1]); ok {
		p.t.router(h, k)
	}
	if ttl, ok := whole(m[4]); ok && ttl <= 255 {
		h.TTL = known(uint8(ttl))
	}
	v, _ := number(m[3]) // digits
	if m[2] == "<" {
		v = 0 // less than the step
	}
	if d := millis(v); d.OK {
		p.answers++
		p.sum += d.Value
		h.time(d.Value)
		h.Avg = known(p.sum / time.Duration(p.answers))
	}
}
