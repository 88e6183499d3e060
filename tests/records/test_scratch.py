from app.contacts.models import Contact, Membership
from app.contacts import actions
from app.companies.models import Company
from app.records import undo, write
from app.records.actor import Actor
from tenants import db

A = Actor("Ann", 1)

def test_company(world, cast):
    with world.inside():
        before = db.session.get(Contact, cast.ina).version
    with world.inside():
        c = db.session.get(Contact, cast.ina)
        op = write.update(c, {"company": cast.nordlys}, actor=A)
        print(op, db.session.get(Contact, cast.ina).version, before, c.company_ids)
        op = op.id
    print(world.sql(f"select noun,record_id,action,before,after,version,company_ids from {world.schema()}.change where operation_id={op}"))
    with world.inside():
        o = undo.undo(op, A)
        print(o)
        print(db.session.get(Contact, cast.ina).company_ids)
    print(world.sql(f"select noun,record_id,action,before,after,version from {world.schema()}.change where operation_id={o.operation_id}"))
    with world.inside():
        c = db.session.get(Contact, cast.ina)
        assert write.update(c, {"company": cast.acme}, actor=A) is None
        op = write.update(c, {"company": None}, actor=A)
        assert c.company_ids == []
    with world.inside():
        op = actions.create({"first_name": "X", "last_name": "Y", "email": "x@y.example", "company": cast.acme, "addresses": ["a@b.example"]}, actor=A)
        opid = db.session.get(Contact, op).created_op
        print(undo.undo(opid, A))
    with world.inside():
        c = db.session.get(Company, cast.acme)
        print(undo.undo(c.created_op, A))
    assert 0
