package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"

	openapi_v2 "github.com/googleapis/gnostic/OpenAPIv2"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/util/proto"
	"sigs.k8s.io/structured-merge-diff/v4/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v4/merge"
	"sigs.k8s.io/structured-merge-diff/v4/typed"
)

type types struct {
	parser *typed.Parser
}

// Published schemas as the merge library's own.
func readTypes(line []byte) (*types, error) {
	document, err := openapi_v2.ParseDocument(line)
	if err != nil {
		return nil, err
	}
	models, err := proto.NewOpenAPIData(document)
	if err != nil {
		return nil, err
	}
	schema, err := schemaconv.ToSchema(models)
	if err != nil {
		return nil, err
	}
	return &types{parser: &typed.Parser{Schema: *schema}}, nil
}

// The one version there is needs no conversion.
type sameVersion struct{}

func (sameVersion) Convert(object *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return object, nil
}

func (sameVersion) IsMissingVersionError(error) bool { return false }

func (t *types) read(name string, text json.RawMessage) (*typed.TypedValue, error) {
	var value interface{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	kind := t.parser.Type(name)
	return kind.FromUnstructured(withNumbers(value))
}

// Whole numbers as integers, as Kubernetes reads JSON.
func withNumbers(value interface{}) interface{} {
	switch known := value.(type) {
	case map[string]interface{}:
		for key, inner := range known {
			known[key] = withNumbers(inner)
		}
	case []interface{}:
		for i, inner := range known {
			known[i] = withNumbers(inner)
		}
	case json.Number:
		if whole, err := known.Int64(); err == nil {
			return whole
		}
		float, _ := known.Float64()
		return float
	}
	return value
}

// What nobody can own. upstream: managedfields/internal/stripmeta.go
var unownable = fieldpath.NewSet(
	fieldpath.MakePathOrDie("apiVersion"),
	fieldpath.MakePathOrDie("kind"),
	fieldpath.MakePathOrDie("metadata"),
	fieldpath.MakePathOrDie("metadata", "name"),
	fieldpath.MakePathOrDie("metadata", "namespace"),
	fieldpath.MakePathOrDie("metadata", "creationTimestamp"),
	fieldpath.MakePathOrDie("metadata", "selfLink"),
	fieldpath.MakePathOrDie("metadata", "uid"),
	fieldpath.MakePathOrDie("metadata", "clusterName"),
	fieldpath.MakePathOrDie("metadata", "generation"),
	fieldpath.MakePathOrDie("metadata", "managedFields"),
	fieldpath.MakePathOrDie("metadata", "resourceVersion"),
)

func (t *types) written(question Question) Answer {
	live, err := t.read(question.Type, question.Live)
	if err != nil {
		return Answer{Error: "live: " + err.Error()}
	}
	object, err := t.read(question.Type, question.Object)
	if err != nil {
		return Answer{Error: "object: " + err.Error()}
	}
	managers, err := readManagers(question.Managers)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	updater := merge.Updater{Converter: sameVersion{}}
	version := fieldpath.APIVersion(question.Version)
	self := question.Manager
	// Whose books nobody kept so far, nobody keeps until somebody applies.
	isUnknown := len(managers) == 0 && question.Empty != nil
	if question.Op == "update" && isUnknown {
		return answerOf(object, managers, nil)
	}
	if question.Op == "update" {
		return answerOf(updated(&updater, update{live, object, version, managers, self}))
	}
	if isUnknown {
		empty, err := t.read(question.Type, question.Empty)
		if err != nil {
			return Answer{Error: "empty: " + err.Error()}
		}
		first := update{empty, live, version, managers, "Update before-first-apply"}
		if _, managers, err = updated(&updater, first); err != nil {
			return Answer{Error: err.Error()}
		}
	}
	result, owners, err := updater.Apply(live, object, version, managers, self, question.Force)
	var conflicts merge.Conflicts
	if errors.As(err, &conflicts) {
		result, _, err = updater.Apply(live, object, version, managers, self, true)
		if err != nil {
			return Answer{Error: err.Error()}
		}
		return conflictsOf(live, result, managers, self)
	}
	if err == nil {
		if result == nil {
			result = live
		}
		owners = stripped(owners, self)
	}
	return answerOf(result, owners, err)
}

type update struct {
	live, object *typed.TypedValue
	version      fieldpath.APIVersion
	managers     fieldpath.ManagedFields
	self         string
}

// What one write takes is added to what its manager had, as upstream's managers do around the library.
func updated(updater *merge.Updater, u update) (*typed.TypedValue, fieldpath.ManagedFields, error) {
	const now = "this write"
	result, owners, err := updater.Update(u.live, u.object, u.version, u.managers, now)
	if err != nil {
		return nil, nil, err
	}
	owners = stripped(owners, now)
	if taken, ok := owners[now]; ok {
		delete(owners, now)
		fields := taken.Set()
		if before, ok := owners[u.self]; ok {
			fields = fields.Union(before.Set())
		}
		owners[u.self] = fieldpath.NewVersionedSet(fields, u.version, false)
	}
	return result, owners, nil
}

func stripped(owners fieldpath.ManagedFields, self string) fieldpath.ManagedFields {
	own, ok := owners[self]
	if !ok {
		return owners
	}
	fields := own.Set().Difference(unownable)
	if fields.Empty() {
		delete(owners, self)
	} else {
		owners[self] = fieldpath.NewVersionedSet(fields, own.APIVersion(), own.Applied())
	}
	return owners
}

func readManagers(managers []Manager) (fieldpath.ManagedFields, error) {
	owners := fieldpath.ManagedFields{}
	for _, manager := range managers {
		fields := fieldpath.NewSet()
		if err := fields.FromJSON(bytes.NewReader(manager.Fields)); err != nil {
			return nil, fmt.Errorf("fields of %s: %w", manager.Name, err)
		}
		version := fieldpath.APIVersion(manager.Version)
		owners[manager.Name] = fieldpath.NewVersionedSet(fields, version, manager.Applied)
	}
	return owners, nil
}

func answerOf(result *typed.TypedValue, owners fieldpath.ManagedFields, err error) Answer {
	if err != nil {
		return Answer{Error: err.Error()}
	}
	answer := Answer{Object: result.AsValue().Unstructured(), Managers: []Manager{}}
	for name, owner := range owners {
		fields, err := owner.Set().ToJSON()
		if err != nil {
			return Answer{Error: err.Error()}
		}
		version := string(owner.APIVersion())
		answer.Managers = append(answer.Managers, Manager{name, version, owner.Applied(), fields})
	}
	sort.Slice(answer.Managers, func(i, j int) bool {
		return answer.Managers[i].Name < answer.Managers[j].Name
	})
	return answer
}

// This version of the library lists the same path several times instead of others, so the fields that
// the write would take are looked up in its comparison.
func conflictsOf(live, result *typed.TypedValue, owners fieldpath.ManagedFields, self string) Answer {
	changes, err := live.Compare(result)
	if err != nil {
		return Answer{Error: err.Error()}
	}
	list := []Conflict{}
	for name, owner := range owners {
		if name == self {
			continue
		}
		owner.Set().Intersection(changes.Modified.Union(changes.Added)).Iterate(func(path fieldpath.Path) {
			list = append(list, Conflict{name, path.String()})
		})
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Manager != list[j].Manager {
			return list[i].Manager < list[j].Manager
		}
		return list[i].Path < list[j].Path
	})
	return Answer{Conflicts: list}
}
