package main

import (
	"encoding/json"

	jsonpatch "github.com/evanphx/json-patch"
)

func jsonPatched(question Question) Answer {
	patch, err := jsonpatch.DecodePatch(question.Patch)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return patched(patch.Apply(question.Document))
}

func mergePatched(question Question) Answer {
	return patched(jsonpatch.MergePatch(question.Document, question.Patch))
}

func patched(document []byte, err error) Answer {
	if err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Object: json.RawMessage(document)}
}
