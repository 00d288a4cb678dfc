package lang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/route"
)

// sentenceArgs are the calls whose constant argument reaches the reader, with the place of that argument.
var sentenceArgs = map[string]int{"Msg": 0, "Report": 1, "ReportOn": 3, "Skip": 0, "ButAgainst": 0, "caveat": 3, "T": 0}

// sentenceFields are the fields of composite literals that reach the reader.
var sentenceFields = []string{"Title", "Doc", "Next", "Innocent", "text"}

// sentences collects what the source of a package says to the reader.
func sentences(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	found := make(map[string]string)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		add := func(e ast.Expr) {
			if s := constant(e); s != "" {
				found[s] = filepath.Base(name)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.CallExpr:
				called := ""
				switch fn := v.Fun.(type) {
				case *ast.Ident:
					called = fn.Name
				case *ast.SelectorExpr:
					called = fn.Sel.Name
				}
				if i, ok := sentenceArgs[called]; ok && i < len(v.Args) {
					add(v.Args[i])
				}
			case *ast.KeyValueExpr:
				if k, ok := v.Key.(*ast.Ident); !ok || !slices.Contains(sentenceFields, k.Name) {
					return true
				}
				add(v.Value)
				if c, ok := v.Value.(*ast.CompositeLit); ok {
					for _, e := range c.Elts {
						add(e)
					}
				}
			}
			return true
		})
	}
	return found
}

// constant gives the value of a string literal or a sum of them.
func constant(e ast.Expr) string {
	switch v := e.(type) {
	case *ast.BasicLit:
		if v.Kind == token.STRING {
			s, _ := strconv.Unquote(v.Value) // the parser accepted it
			return s
		}
	case *ast.BinaryExpr:
		return constant(v.X) + constant(v.Y)
	}
	return ""
}

func TestEverySentenceHasItsTranslation(t *testing.T) {
	for _, dir := range []string{"../../rules", "../../analyzer", "..", ".", "../../cmd/capforensics"} {
		for s, file := range sentences(t, dir) {
			if strings.HasSuffix(s, "|") {
				continue // the context of a word; the words are in TestWords
			}
			if _, ok := chinese.table[s]; !ok {
				t.Errorf("%s: no Chinese for %q", file, s)
			}
		}
	}
}

func TestWords(t *testing.T) {
	var words []string
	for _, c := range []analyzer.Class{analyzer.Clean, analyzer.Endpoint, analyzer.Path, analyzer.Middlebox, analyzer.Inconclusive} {
		words = append(words, string(c))
	}
	for _, g := range []analyzer.Grade{analyzer.Proven, analyzer.VeryStrong, analyzer.Strong, analyzer.Moderate, analyzer.Weak} {
		words = append(words, string(g))
	}
	for _, r := range []analyzer.Role{analyzer.Forged, analyzer.Modified, analyzer.Dropped, analyzer.Trigger, analyzer.Baseline, analyzer.Answer, analyzer.Context} {
		words = append(words, "role|"+string(r))
	}
	for _, p := range []analyzer.VantagePoint{analyzer.AtClient, analyzer.AtServer, analyzer.AtMiddle, analyzer.AtUnknown} {
		words = append(words, "place|"+string(p))
	}
	for _, f := range []analyzer.Family{analyzer.FamilySequence, analyzer.FamilyTiming, analyzer.FamilyTTL, analyzer.FamilyIPID, analyzer.FamilyTemplate,
		analyzer.FamilyBurst, analyzer.FamilyPolicy, analyzer.FamilyPeer, analyzer.FamilyContext, analyzer.FamilyICMP} {
		words = append(words, "family|"+string(f))
	}
	for _, s := range []flow.Side{flow.Client, flow.Server} {
		words = append(words, s.String())
	}
	for k := range analyzer.ChangeKinds {
		words = append(words, "field|"+k.String())
	}
	words = append(words, analyzer.MatchWords...)
	for _, tool := range route.Tools {
		words = append(words, (&route.Report{Tool: tool}).Name())
	}
	for _, w := range words {
		if chinese.table[w] == "" {
			t.Errorf("no Chinese for the word %q", w)
		}
	}
}

var verb = regexp.MustCompile(`%(\[(\d+)\])?[-+# 0-9.]*([a-zA-Z%])`)

// verbs gives the kind of each argument that a format uses, by the argument's place.
func verbs(format string) map[int]string {
	used := make(map[int]string)
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[2] != "" {
			next, _ = strconv.Atoi(m[2])
		}
		used[next] = m[3]
		next++
	}
	return used
}

func TestTranslationsTakeTheSameArguments(t *testing.T) {
	for en, zh := range chinese.table {
		a, b := verbs(en), verbs(zh)
		if len(a) != len(b) {
			t.Errorf("%q takes %d arguments, its translation %q takes %d", en, len(a), zh, len(b))
			continue
		}
		for i, k := range a {
			if b[i] != k {
				t.Errorf("%q: argument %d is %%%s, in the translation %q it is %%%s", en, i, k, zh, b[i])
			}
		}
	}
}

func TestSay(t *testing.T) {
	zh, en := For("zh"), For("en")
	for _, c := range []struct {
		name string
		l    *Language
		m    analyzer.Message
		want string
	}{
		{"english", en, analyzer.Msg("%d bytes", 5), "5 bytes"},
		{"chinese", zh, analyzer.Msg("%d bytes", 5), "5 字节"},
		{"one connection", en, analyzer.Msg("A device on the path refused %v to %s.", analyzer.Connections(1), "x"), "A device on the path refused 1 connection to x."},
		{"order", zh, analyzer.Msg("A device on the path refused %v to %s.", analyzer.Connections(3), "x"), "路径上的设备拒绝了到 x 的 3 条连接。"},
		{"missing falls back", zh, analyzer.Msg("no such sentence %d", 1), "no such sentence 1"},
		{"duration", en, analyzer.Msg("%v", 1500*time.Microsecond), "1.50 ms"},
		{"class", zh, analyzer.Msg("%s", analyzer.Middlebox), "中间设备"},
		{"nested", zh, analyzer.Msg("%s", analyzer.Msg("%d packets", 2)), "2 个报文"},
	} {
		if got := c.l.Say(c.m); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	if got := en.T("role|forged"); got != "forged" {
		t.Errorf("T of a word with context = %q, want forged", got)
	}
}
