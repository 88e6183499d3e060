"""The floor page: what a list of fifty people costs with Flask, SQLAlchemy and Jinja and nothing else.

Five statements in one transaction of an organization: context, viewer, fifty rows by ORM, two counts; one table. Every
page of Deskhand is measured beside it, by CPU time per request on the same server in the same run.
"""

from flask import Flask, request
from sqlalchemy import func, select

from app.application import create_app
from app.companies.models import Company
from app.contacts.models import Contact
from app.people.models import Account
from app.receiving import Receiver
from tenants import db
from tenants.resolve import by_host
from tenants.scope import enter

PAGE = """<!doctype html><html lang="en"><head><title>People</title></head><body><h1>People</h1>
<p>{{ count }} of {{ viewer }} in {{ companies }}</p>
<table><thead><tr><th>Last name</th><th>First name</th><th>User</th>
<th>E-mail</th><th>Phone</th><th>Mobile</th><th>Title</th><th>City</th></tr></thead><tbody>{% for one in people %}
<tr><td><a href="/contacts/{{ one.id }}">{{ one.last_name }}</a></td><td>{{ one.first_name }}</td>
<td>{{ one.user_name }}</td><td>{{ one.email }}</td><td>{{ one.phone }}</td><td>{{ one.mobile }}</td>
<td>{{ one.job_title }}</td><td>{{ one.city }}</td></tr>{% endfor %}</tbody></table></body></html>"""


def floor_app(desk: Flask) -> Flask:
    """A Flask application with this one page, through the one door to the organization's tables."""
    app = Flask(__name__)
    table = app.jinja_env.from_string(PAGE)

    @app.get("/floor")
    def floor() -> str:
        with desk.app_context():
            enter(by_host(request.host))
            session = db.session
            viewer = session.scalar(select(Account.id).limit(1))
            rows = select(Contact).where(Contact.withdrawn_at.is_(None)).order_by(Contact.id).limit(50)
            people = session.scalars(rows).all()
            some = select(Contact.id).where(Contact.withdrawn_at.is_(None)).limit(1001).subquery()
            count = session.scalar(select(func.count()).select_from(some))
            others = select(Company.id).limit(1001).subquery()
            companies = session.scalar(select(func.count()).select_from(others))
            page = table.render(people=people, count=count, viewer=viewer, companies=companies)
            session.commit()
            return page

    return app


def application():
    """Deskhand and the floor page on one server, received as in production."""
    desk = create_app()
    floor = floor_app(desk)
    return Receiver(lambda environ, start: (floor if environ["PATH_INFO"] == "/floor" else desk)(environ, start), 4)
