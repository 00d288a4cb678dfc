package main

import (
	"context"
	"fmt"
	"os"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

func main() {
	p := os.Args[len(os.Args)-1]
	f, err := os.Open(p)
	if err != nil {
		panic(err)
	}
	st, _ := f.Stat()
	c, err := analyzer.Analyze(context.Background(), p, []analyzer.Input{{Name: st.Name(), Size: st.Size(), ReaderAt: f}}, rules.All(), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	report.JSON(os.Stdout, c, report.Options{})
}
