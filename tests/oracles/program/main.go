// Asks upstream's own libraries what becomes of an object: JSON lines in, JSON lines out.
//
// The first line is {"definitions": …}, the schemas as OpenAPI v2 publishes them. Every other one is a
// question, answered by one line in the same order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Question is one line of input; "op" says which fields count.
type Question struct {
	Op string `json:"op"`

	// apply and update
	Type     string          `json:"type"`
	Version  string          `json:"version"`
	Live     json.RawMessage `json:"live"`
	Object   json.RawMessage `json:"object"`
	Managers []Manager       `json:"managers"`
	Manager  string          `json:"manager"`
	Force    bool            `json:"force"`
	Empty    json.RawMessage `json:"empty"`

	// json-patch and merge-patch
	Document json.RawMessage `json:"document"`
	Patch    json.RawMessage `json:"patch"`
}

// Manager owns fields of the live object.
type Manager struct {
	Name    string          `json:"name"`
	Version string          `json:"version"`
	Applied bool            `json:"applied"`
	Fields  json.RawMessage `json:"fields"`
}

// Conflict is what an apply without force would take from somebody.
type Conflict struct {
	Manager string `json:"manager"`
	Path    string `json:"path"`
}

// Answer has an error, or conflicts, or neither.
type Answer struct {
	Error     string      `json:"error,omitempty"`
	Conflicts []Conflict  `json:"conflicts,omitempty"`
	Object    interface{} `json:"object,omitempty"`
	Managers  []Manager   `json:"managers,omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	first, err := in.ReadBytes('\n')
	if err != nil {
		fail(err)
	}
	types, err := readTypes(first)
	if err != nil {
		fail(err)
	}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		answer, err := json.Marshal(answered(types, line))
		if err != nil {
			fail(err)
		}
		out.Write(append(answer, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func answered(types *types, line []byte) (answer Answer) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = Answer{Error: fmt.Sprintf("panic: %v", cause)}
		}
	}()
	var question Question
	if err := json.Unmarshal(line, &question); err != nil {
		return Answer{Error: fmt.Sprintf("question: %v", err)}
	}
	switch question.Op {
	case "apply", "update":
		return types.written(question)
	case "json-patch":
		return jsonPatched(question)
	case "merge-patch":
		return mergePatched(question)
	}
	return Answer{Error: "question: unknown op " + question.Op}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
