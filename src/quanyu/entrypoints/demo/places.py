"""Where the demo chain is: real cities and districts of China; names, streets and telephones are made up."""

from __future__ import annotations

from typing import NamedTuple


class Region(NamedTuple):
    """A region with its regional warehouse."""

    code: str
    name: str
    name_en: str
    warehouse: str
    warehouse_en: str
    area: str
    longitude: float
    latitude: float


class Store(NamedTuple):
    """A store; ``dealer`` names the franchisee who owns it and its stock."""

    code: str
    region: str
    city: str
    city_en: str
    name: str
    name_en: str
    area: str
    street: str
    longitude: float
    latitude: float
    dealer: str | None = None


CENTRAL = Region("WH-C", "中央仓", "Central warehouse", "武汉中央仓", "Wuhan central", "420115", 114.3135, 30.3497)

REGIONS = (
    Region("R-S", "华南区", "South China", "广州区域仓", "Guangzhou regional", "440113", 113.3845, 22.9378),
    Region("R-E", "华东区", "East China", "昆山区域仓", "Kunshan regional", "320583", 120.9814, 31.3855),
    Region("R-N", "华北西南区", "North & Southwest", "成都区域仓", "Chengdu regional", "510115", 103.8565, 30.6823),
)

DEALERS = (
    ("D-FS", "佛山鲜生商贸", "Foshan Fresh Trading"),
    ("D-NB", "宁波好邻居", "Ningbo Good Neighbour"),
)

SUPPLIERS = (
    ("S-FR", "岭南果园", "Lingnan Orchards"),
    ("S-DY", "塞上牧场乳业", "Saishang Dairy"),
    ("S-SN", "江南食品", "Jiangnan Foods"),
    ("S-HM", "云织家纺", "Yunzhi Home Textiles"),
)

STORES = (
    Store(
        "0001",
        "R-S",
        "深圳",
        "Shenzhen",
        "南山科技园店",
        "Nanshan Tech Park",
        "440305",
        "科苑路 15 号",
        113.9447,
        22.5405,
    ),
    Store(
        "0002", "R-S", "深圳", "Shenzhen", "福田中心店", "Futian Centre", "440304", "福华路 88 号", 114.0599, 22.5346
    ),
    Store(
        "0003",
        "R-S",
        "深圳",
        "Shenzhen",
        "宝安西乡店",
        "Bao'an Xixiang",
        "440306",
        "西乡大道 230 号",
        113.8666,
        22.5742,
    ),
    Store("0004", "R-S", "广州", "Guangzhou", "天河体育西店", "Tianhe", "440106", "体育西路 103 号", 113.3215, 23.1322),
    Store(
        "0005",
        "R-S",
        "广州",
        "Guangzhou",
        "海珠江南店",
        "Haizhu Jiangnan",
        "440105",
        "江南大道中 90 号",
        113.2719,
        23.0963,
    ),
    Store(
        "0006",
        "R-S",
        "佛山",
        "Foshan",
        "禅城祖庙店(加盟)",
        "Chancheng Zumiao (franchise)",
        "440604",
        "祖庙路 33 号",
        113.1124,
        23.0293,
        "D-FS",
    ),
    Store(
        "0007",
        "R-S",
        "厦门",
        "Xiamen",
        "思明中山路店",
        "Siming Zhongshan Road",
        "350203",
        "中山路 66 号",
        118.0811,
        24.4566,
    ),
    Store("0008", "R-E", "上海", "Shanghai", "徐家汇店", "Xujiahui", "310104", "肇嘉浜路 1111 号", 121.4376, 31.1953),
    Store("0009", "R-E", "上海", "Shanghai", "浦东陆家嘴店", "Lujiazui", "310115", "世纪大道 8 号", 121.5021, 31.2367),
    Store(
        "0010", "R-E", "上海", "Shanghai", "静安寺店", "Jing'an Temple", "310106", "南京西路 1618 号", 121.4459, 31.2236
    ),
    Store(
        "0011", "R-E", "杭州", "Hangzhou", "西湖文三路店", "Wensan Road", "330106", "文三路 478 号", 120.1272, 30.2793
    ),
    Store("0012", "R-E", "南京", "Nanjing", "新街口店", "Xinjiekou", "320104", "中山南路 100 号", 118.7842, 32.0413),
    Store(
        "0013",
        "R-E",
        "苏州",
        "Suzhou",
        "工业园区店",
        "Suzhou Industrial Park",
        "320508",
        "星海街 200 号",
        120.6708,
        31.3195,
    ),
    Store(
        "0014",
        "R-E",
        "宁波",
        "Ningbo",
        "海曙天一店(加盟)",
        "Haishu Tianyi (franchise)",
        "330203",
        "中山东路 166 号",
        121.5572,
        29.8694,
        "D-NB",
    ),
    Store(
        "0015",
        "R-N",
        "北京",
        "Beijing",
        "朝阳国贸店",
        "Chaoyang Guomao",
        "110105",
        "建国门外大街 1 号",
        116.4593,
        39.9087,
    ),
    Store(
        "0016",
        "R-N",
        "北京",
        "Beijing",
        "海淀中关村店",
        "Haidian Zhongguancun",
        "110108",
        "中关村大街 27 号",
        116.3161,
        39.9834,
    ),
    Store("0017", "R-N", "成都", "Chengdu", "锦江春熙路店", "Chunxi Road", "510104", "春熙路 35 号", 104.0781, 30.6553),
    Store(
        "0018", "R-N", "成都", "Chengdu", "高新天府店", "Gaoxin Tianfu", "510107", "天府大道 999 号", 104.0665, 30.5821
    ),
    Store(
        "0019", "R-N", "重庆", "Chongqing", "渝中解放碑店", "Jiefangbei", "500103", "民权路 28 号", 106.5771, 29.5571
    ),
    Store(
        "0020", "R-N", "西安", "Xi'an", "雁塔小寨店", "Yanta Xiaozhai", "610113", "长安中路 128 号", 108.9468, 34.2253
    ),
)
