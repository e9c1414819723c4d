from dataclasses import replace
from hypothesis import given, settings, strategies as st
from tests.strategies import *
from scoring.model import load_model
from scoring.score import score
from scoring.weights import Weights
MODEL=load_model()
import pytest
TR=["birth_name","given_names","birth_date","birth_place","sex"]
@pytest.mark.parametrize("trait",TR)
@settings(max_examples=1500,deadline=None)
@given(st.lists(records(),min_size=1,max_size=3).flatmap(lambda r: st.tuples(st.just(r),questions_about(r[0]))), st.sampled_from([1,1000]))
def test_mono(trait, rq, scale):
    rs,q=rq
    r=rs[0]
    v=getattr(q,trait)
    if not v or not getattr(r,trait): return
    w=Weights(MODEL,statistics_of(rs,scale))
    same=replace(r,**{trait:v})
    a,b=score(q,r,w),score(q,same,w)
    ea={x.criterion:(x.level,round(x.bits,2)) for x in a.evidence}; eb={x.criterion:(x.level,round(x.bits,2)) for x in b.evidence}
    assert b.bits>=a.bits-1e-9, (ea,eb,str(q.birth_name),str(r.birth_name),list(map(str,q.given_names)),list(map(str,r.given_names)))
