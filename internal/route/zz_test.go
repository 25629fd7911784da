package route
import ("testing";"os";"encoding/json";"fmt";"strings")
func TestZZ(t *testing.T){
 b,_:=os.ReadFile("/work/shared/cases/B07-package-registries/input-traces.json")
 var d struct{ResourceSpans []struct{Resource struct{Attributes []struct{Key string; Value map[string]any}}; ScopeSpans []struct{Spans []struct{Attributes []struct{Key string; Value map[string]any}}}}}
 json.Unmarshal(b,&d)
 for _,svc:=range []string{"docker","maven"}{
 s:=newTable(t,Options{Learn:true}).Service("a")
 for _,r:=range d.ResourceSpans{ if !strings.Contains(fmt.Sprint(r.Resource),svc){continue}; for _,x:=range r.ScopeSpans{for _,sp:=range x.Spans{for _,a:=range sp.Attributes{ if a.Key=="url.path"{ for _,v:=range a.Value{ s.get(v.(string)) }}}}}}
 out:=printTree(s.learner.tree)
 n:=0
 for _,l:=range strings.Split(out,"\n"){ if strings.Count(l,"  ")<=6 && n<100 {fmt.Println(l);n++} }
 }
}
