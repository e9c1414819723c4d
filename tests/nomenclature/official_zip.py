"""A small yearly zip in the layout of the official one, of public facts about a dozen communes."""

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

HISTORY = """TYPECOM,COM,TNCC,NCC,NCCENR,LIBELLE,DATE_DEBUT,DATE_FIN
COM,78228,1,EVRY PETIT BOURG,Évry-Petit-Bourg,Évry-Petit-Bourg,1943-01-01,1965-06-30
COM,78228,1,EVRY,Évry,Évry,1965-06-30,1968-01-01
COM,91228,1,EVRY,Évry,Évry,1968-01-01,2019-01-01
COM,91228,1,EVRY COURCOURONNES,Évry-Courcouronnes,Évry-Courcouronnes,2019-01-01,
COM,91182,0,COURCOURONNES,Courcouronnes,Courcouronnes,1968-01-01,2019-01-01
COM,20033,0,BASTIA,Bastia,Bastia,1943-01-01,1976-01-01
COM,2B033,0,BASTIA,Bastia,Bastia,1976-01-01,
COM,89220,0,LAVAU,Lavau,Lavau,1943-01-01,1972-12-01
COM,89220,0,LAVAU,Lavau,Lavau,1977-01-01,
COM,89344,0,SAINT FARGEAU,Saint-Fargeau,Saint-Fargeau,1943-01-01,
COM,97357,0,GRAND SANTI,Grand-Santi,Grand-Santi,1976-11-12,
COM,97362,0,PAPAICHTON,Papaichton,Papaichton,1993-01-01,
COM,51108,0,CHALONS SUR MARNE,Châlons-sur-Marne,Châlons-sur-Marne,1943-01-01,1998-01-04
COM,51108,0,CHALONS EN CHAMPAGNE,Châlons-en-Champagne,Châlons-en-Champagne,1998-01-04,
COM,75056,0,PARIS,Paris,Paris,1943-01-01,
ARM,75112,0,PARIS 12E ARRONDISSEMENT,Paris 12e Arrondissement,Paris 12e Arrondissement,1943-01-01,
"""
COMMUNES = """TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT
COM,91228,11,91,91D,912,1,EVRY COURCOURONNES,Évry-Courcouronnes,Évry-Courcouronnes,,
COM,2B033,94,2B,20R,2B2,0,BASTIA,Bastia,Bastia,,
COM,89220,27,89,89D,891,0,LAVAU,Lavau,Lavau,,
COM,89344,27,89,89D,891,0,SAINT FARGEAU,Saint-Fargeau,Saint-Fargeau,,
COM,97357,03,973,973R,9732,0,GRAND SANTI,Grand-Santi,Grand-Santi,,
COM,97362,03,973,973R,9732,0,PAPAICHTON,Papaichton,Papaichton,,
COM,51108,44,51,51D,513,0,CHALONS EN CHAMPAGNE,Châlons-en-Champagne,Châlons-en-Champagne,,
COM,75056,11,75,75C,751,0,PARIS,Paris,Paris,,
ARM,75112,11,75,75C,751,0,PARIS 12E ARRONDISSEMENT,Paris 12e Arrondissement,Paris 12e Arrondissement,,75056
"""
_SIDE = "TYPECOM_{0},COM_{0},TNCC_{0},NCC_{0},NCCENR_{0},LIBELLE_{0}"
EVENTS = f"""MOD,DATE_EFF,{_SIDE.format("AV")},{_SIDE.format("AP")}
10,1965-06-30,COM,78228,1,,,Évry-Petit-Bourg,COM,78228,1,,,Évry
41,1968-01-01,COM,78228,1,,,Évry,COM,91228,1,,,Évry
32,2019-01-01,COM,91182,0,,,Courcouronnes,COM,91228,1,,,Évry-Courcouronnes
32,2019-01-01,COM,91182,0,,,Courcouronnes,COMD,91182,0,,,Courcouronnes
32,2019-01-01,COM,91228,1,,,Évry,COM,91228,1,,,Évry-Courcouronnes
32,2019-01-01,COM,91228,1,,,Évry,COMD,91228,1,,,Évry
35,2020-03-01,COMD,91182,0,,,Courcouronnes,COM,91228,1,,,Évry-Courcouronnes
35,2020-03-01,COMD,91228,1,,,Évry,COM,91228,1,,,Évry-Courcouronnes
41,1976-01-01,COM,20033,0,,,Bastia,COM,2B033,0,,,Bastia
33,1972-12-01,COM,89220,0,,,Lavau,COMA,89220,0,,,Lavau
33,1972-12-01,COM,89220,0,,,Lavau,COM,89344,0,,,Saint-Fargeau
21,1977-01-01,COMA,89220,0,,,Lavau,COM,89220,0,,,Lavau
21,1977-01-01,COM,89344,0,,,Saint-Fargeau,COM,89220,0,,,Lavau
20,1993-01-01,COM,97357,0,,,Grand-Santi,COM,97362,0,,,Papaichton
10,1998-01-04,COM,51108,0,,,Châlons-sur-Marne,COM,51108,0,,,Châlons-en-Champagne
"""
COUNTRIES = """COG,ACTUAL,CRPAY,ANI,LIBCOG,LIBENR,CODEISO2,CODEISO3,CODENUM3
99127,1,,,ITALIE,RÉPUBLIQUE ITALIENNE,IT,ITA,380
99311,1,,1990,NAMIBIE,RÉPUBLIQUE DE NAMIBIE,NA,NAM,516
"""
TABLES = {
    "v_commune_depuis_1943.csv": HISTORY,
    "v_commune_{year}.csv": COMMUNES,
    "v_mvt_commune_{year}.csv": EVENTS,
    "v_pays_territoire_{year}.csv": COUNTRIES,
}


def official_zip(folder: Path, year: str = "2025", changed: Mapping[str, str | None] | None = None) -> Path:
    """Write the zip of a year; `changed` replaces a table by name, or leaves it out with None."""
    path = folder / f"cog_ensemble_{year}_csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (TABLES | dict(changed or {})).items():
            if text is not None:
                archive.writestr(name.format(year=year), text)
    return path


def without_column(table: str, column: str) -> str:
    rows = list(csv.DictReader(io.StringIO(table)))
    written = io.StringIO()
    writer = csv.DictWriter(written, [name for name in rows[0] if name != column], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()
