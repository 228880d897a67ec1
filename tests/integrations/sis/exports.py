"""OneRoster exports for tests: a correct small one, and ways to spoil it."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from corridor.campus.roster.records import Batch, Kind, Mode, Problem, Record, Scope
from corridor.integrations.sis.oneroster_csv import OneRosterCsv

MANIFEST = """propertyName,value
manifest.version,1.0
oneroster.version,1.1
file.orgs,bulk
file.academicSessions,bulk
file.courses,bulk
file.users,bulk
file.classes,bulk
file.enrollments,bulk
"""
ORGS = """sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
d,,,Our district,district,1,
s1,,,Washington,school,0042,d
"""
SESSIONS = """sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear
y,,,Year,schoolYear,2026-08-20,2027-06-15,,2027
"""
COURSES = """sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,\
orgSourcedId,subjects,subjectCodes
m,,,y,Maths,M1,,d,,
"""
USERS = """sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
t1,,,true,s1,teacher,ada,{FED:1},Ada,Adams,,9001,ada@school.org,,,,,
p1,,,true,s1,student,ben,,Ben,Brown,,1001,ben@school.org,,,g1,07,tell-no-one
p2,,,false,s1,student,cho,,桜,田中,,1002,,,,,07,
g1,,,true,s1,guardian,gil,,Gil,Brown,,,gil@home.org,555-1,,p1,,
"""
CLASSES = """sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
c1,,,Maths 7,07,m,M1-1,scheduled,204,s1,y,,,"1,3"
"""
ENROLLMENTS = """sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,\
beginDate,endDate
c1-t1,,,c1,s1,t1,teacher,true,2026-08-20,2027-06-15
c1-p1,,,c1,s1,p1,student,false,2026-08-20,2027-06-15
c1-p2,,,c1,s1,p2,student,,,
"""
EXPORT = {
    "manifest.csv": MANIFEST,
    "orgs.csv": ORGS,
    "academicSessions.csv": SESSIONS,
    "courses.csv": COURSES,
    "users.csv": USERS,
    "classes.csv": CLASSES,
    "enrollments.csv": ENROLLMENTS,
}

USERS_1_2 = """sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,\
middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,\
preferredFamilyName,primaryOrgSourcedId,pronouns
t1,,,true,ada,,Ada,Adams,,9001,ada@school.org,,,,,,,,,,s1,
p1,,,true,ben,,Benedict,Brown,,1001,,,,,07,,,Ben,,,,they/them
"""
ROLES = """sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,\
orgSourcedId,userProfileSourcedId
r1,,,t1,primary,teacher,2026-08-20,2027-06-15,s1,
r2,,,t1,secondary,ext:coach,,,s1,
r3,,,p1,primary,student,,,s1,
"""
EXPORT_1_2 = EXPORT | {
    "manifest.csv": MANIFEST.replace("1.1", "1.2") + "file.roles,bulk\n",
    "users.csv": USERS_1_2,
    "roles.csv": ROLES,
    "enrollments.csv": ENROLLMENTS.replace("c1-p2,,,c1,s1,p2,student,,,\n", ""),
}


class Pulled(msgspec.Struct):
    """All that a source said."""

    records: list[Record] = []
    problems: list[Problem] = []
    scopes: dict[Kind, Scope] = {}

    def codes(self) -> set[str]:
        return {problem.code for problem in self.problems}

    def problem(self, code: str) -> Problem:
        return next(problem for problem in self.problems if problem.code == code)

    def record(self, source_id: str) -> Record:
        return next(record for record in self.records if record.source_id == source_id)


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_zip(path: Path, files: Mapping[str, str | bytes], inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(inside + name, content)
    return path


async def pull(path: Path, mode: Mode | None = None) -> Pulled:
    pulled = Pulled()
    async for message in OneRosterCsv(path, mode=mode).pull():
        if isinstance(message, Scope):
            pulled.scopes[message.kind] = message
        else:
            assert isinstance(message, Batch)
            pulled.records += message.records
            pulled.problems += message.problems
    return pulled


async def pull_files(folder: Path, changed: Mapping[str, str | bytes], base: Mapping[str, str] = EXPORT) -> Pulled:
    """What the export says with these files put in place of the correct ones."""
    return await pull(write(folder / "export", {**base, **changed}))
